import { concat } from '@aceso/kernel';

import { startsWithByteOrderMark } from './sniff';

/** Longest line (and longest whole document) that is read; longer ones are skipped without being kept. */
export const LINE_BYTES_MAX = 32 * 1024 * 1024;

/** One line of a file. `bytes` is undefined where the line was longer than the limit. */
export interface Line {
  /** From 1, as editors count. */
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
}

const NEWLINE = 0x0a;

/**
 * Cuts a byte stream into lines without ever holding more than one line of permitted length. A line that ends inside
 * one chunk is a view of that chunk: use it before the chunk's memory is used again. As a whole document
 * (`wholeDocument`) the stream is one line.
 */
export class LineSplitter {
  private parts: Uint8Array[] = [];
  private held = 0;
  private tooLong = false;
  private seen = false;
  private number = 1;

  constructor(private readonly options: { readonly wholeDocument?: boolean; readonly bytesMax?: number } = {}) {}

  /** Lines that end in this chunk. */
  *push(chunk: Uint8Array): Generator<Line> {
    let from = 0;
    if (this.options.wholeDocument !== true) {
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        this.hold(chunk.subarray(from, end));
        yield this.take();
        from = end + 1;
      }
    }
    if (from < chunk.length) this.hold(chunk.subarray(from));
  }

  /** The last line, where the stream does not end with a newline. */
  *end(): Generator<Line> {
    if (this.seen) yield this.take();
  }

  /** Number of the line that is being read: where a stream broke off, the line that is lost. */
  get current(): number {
    return this.number;
  }

  private hold(bytes: Uint8Array): void {
    this.seen = true;
    if (this.tooLong) return;
    this.held += bytes.length;
    if (this.held > (this.options.bytesMax ?? LINE_BYTES_MAX)) {
      this.tooLong = true;
      this.parts = [];
    } else if (bytes.length > 0) {
      this.parts.push(bytes);
    }
  }

  private take(): Line {
    const whole = this.parts.length === 1 ? (this.parts[0] as Uint8Array) : concat(...this.parts);
    const bytes = this.number === 1 && startsWithByteOrderMark(whole) ? whole.subarray(3) : whole;
    const line = { number: this.number, bytes: this.tooLong ? undefined : bytes };
    this.parts = [];
    this.held = 0;
    this.tooLong = false;
    this.seen = false;
    this.number++;
    return line;
  }
}
