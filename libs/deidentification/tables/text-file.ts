import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

const BUFFERED_CHARACTERS_MAX = 256 * 1024;

/** A new text file that is written in pieces, readable by its owner only until it is moved into place. */
export class TextFile {
  private readonly descriptor: number;
  private pieces = '';
  private open = true;

  constructor(path: string) {
    this.descriptor = openSync(path, 'wx', 0o600);
  }

  write(text: string): void {
    this.pieces += text;
    if (this.pieces.length > BUFFERED_CHARACTERS_MAX) this.flush();
  }

  finish(): void {
    this.flush();
    fsyncSync(this.descriptor);
    this.discard();
  }

  discard(): void {
    if (this.open) closeSync(this.descriptor);
    this.open = false;
  }

  private flush(): void {
    const bytes = Buffer.from(this.pieces);
    for (let from = 0; from < bytes.length;) from += writeSync(this.descriptor, bytes, from);
    this.pieces = '';
  }
}
