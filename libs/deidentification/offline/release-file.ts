import { open, rename, rm } from 'node:fs/promises';
import type { ReleasedRecords } from '../domain';
import { requirePlainTarget, writingTo } from './writing-to';

export interface ReleaseFile {
  readonly header: readonly string[];
  readonly delimiter: string;
  readonly records: Iterable<ReleasedRecords>;
}

const BUFFERED_LINES_MAX = 2_000;
/** What a spreadsheet takes for a formula (OWASP, CSV injection); a plain number is none. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/**
 * Writes the release as CSV beside its place and moves it there when it is complete: nothing half-written is ever found. Throws
 * RELEASE_NOT_WRITABLE.
 */
export async function writeRelease(file: string, release: ReleaseFile): Promise<void> {
  await requirePlainTarget(file);
  await writingTo(file, () => write(file, release));
}

async function write(file: string, { header, delimiter, records }: ReleaseFile): Promise<void> {
  const part = `${file}.unfinished`;
  try {
    const handle = await open(part, 'w', 0o600);
    try {
      let lines = [lineOf(header, delimiter)];
      for (const { values, sensitive, records: count } of records) {
        const line = lineOf(sensitive === undefined ? values : [...values, sensitive], delimiter);
        for (let copy = 0; copy < count; copy += 1) {
          lines.push(line);
          if (lines.length < BUFFERED_LINES_MAX) continue;
          await handle.appendFile(lines.join(''));
          lines = [];
        }
      }
      await handle.appendFile(lines.join(''));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}

const lineOf = (cells: readonly string[], delimiter: string) =>
  `${cells.map((cell) => quoted(formulaSafe(cell), delimiter)).join(delimiter)}\n`;

const formulaSafe = (cell: string) => (FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell);

const quoted = (cell: string, delimiter: string) =>
  /["\r\n]/.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell;
