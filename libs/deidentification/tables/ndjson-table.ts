import type { Cells } from '../domain';
import type { TablePlace, TableWriter } from './table-writer';
import { TextFile } from './text-file';

/** One JSON object a row, with every column; nothing is `null`. */
export class NdjsonTable implements TableWriter {
  private readonly file: TextFile;
  private readonly members: readonly string[];

  constructor({ path, columns }: TablePlace) {
    this.file = new TextFile(path);
    this.members = columns.map(({ name }, at) => `${at === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  }

  add(cells: Cells): void {
    let line = '';
    for (let at = 0; at < cells.length; at += 1) line += this.members[at]! + JSON.stringify(cells[at]);
    this.file.write(`${line}}\n`);
  }

  async finish(): Promise<void> {
    this.file.finish();
  }

  discard(): void {
    this.file.discard();
  }
}
