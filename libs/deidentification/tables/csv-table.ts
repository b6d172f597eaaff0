import type { Cells } from '../domain';
import type { TablePlace, TableWriter } from './table-writer';
import { TextFile } from './text-file';

/** What a spreadsheet takes for a formula at the beginning of a cell, also in full width (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const NEEDS_QUOTES = /[",\r\n]/;
const LINE_END = '\r\n';

/**
 * CSV by RFC 4180, UTF-8, with a header line. Nothing is an empty cell, an empty text is `""`. A text that a spreadsheet
 * would run gets an apostrophe before it; numbers stay numbers. A list is written as JSON.
 */
export class CsvTable implements TableWriter {
  private readonly file: TextFile;

  constructor({ path, columns }: TablePlace) {
    this.file = new TextFile(path);
    this.file.write(`${columns.map(({ name }) => name).join(',')}${LINE_END}`);
  }

  add(cells: Cells): void {
    let line = '';
    for (let at = 0; at < cells.length; at += 1) line += at === 0 ? csvCell(cells[at]) : `,${csvCell(cells[at])}`;
    this.file.write(line + LINE_END);
  }

  async finish(): Promise<void> {
    this.file.finish();
  }

  discard(): void {
    this.file.discard();
  }
}

/** One cell as it stands in the file. */
export function csvCell(value: unknown): string {
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return safe === '' || NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
