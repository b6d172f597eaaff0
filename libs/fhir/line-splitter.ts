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
const BYTE_ORDER_MARK_BYTES = 3;

/** Lines that lie next to each other in memory, so that they can be decoded together. */
export class LineBlock {
  constructor(
    /** Number of the first line. */
    readonly first: number,
    /** What the lines stand in; undefined where the block is one line that was longer than the limit. */
    readonly bytes: Uint8Array | undefined,
    /** Where the first line begins in `bytes`. */
    readonly begin: number,
    /** Where each line ends in `bytes`, before its newline. The next one begins behind that. */
    readonly ends: readonly number[],
  ) {}

  get count(): number {
    return this.ends.length;
  }

  /** Where a line of the block, counted from 0, begins in `bytes`. */
  beginOf(at: number): number {
    return at === 0 ? this.begin : this.ends[at - 1]! + 1;
  }

  /** A line of the block, counted from 0, as a view of `bytes`. */
  line(at: number): Line {
    return { number: this.first + at, bytes: this.bytes?.subarray(this.beginOf(at), this.ends[at]) };
  }
}

/**
 * Cuts a byte stream into lines without ever holding more than one line of permitted length. Lines that begin and end
 * inside one chunk are a view of that chunk: use them before the chunk's memory is used again. As a whole document
 * (`wholeDocument`) the stream is one line.
 */
export class LineSplitter {
  private readonly bytesMax: number;
  private parts: Uint8Array[] = [];
  private held = 0;
  private tooLong = false;
  private seen = false;
  private number = 1;

  constructor(private readonly options: { readonly wholeDocument?: boolean; readonly bytesMax?: number } = {}) {
    this.bytesMax = options.bytesMax ?? LINE_BYTES_MAX;
  }

  /** Lines that end in this chunk. */
  push(chunk: Uint8Array): readonly LineBlock[] {
    const blocks: LineBlock[] = [];
    let from = 0;
    const firstEnd = this.options.wholeDocument === true ? -1 : chunk.indexOf(NEWLINE);
    if (firstEnd !== -1 && this.seen) {
      this.hold(chunk.subarray(0, firstEnd));
      blocks.push(this.take());
      from = firstEnd + 1;
    }
    if (firstEnd !== -1) {
      for (let block = this.within(chunk, from); block !== undefined; block = this.within(chunk, from)) {
        blocks.push(block);
        from = block.ends.at(-1)! + 1;
      }
    }
    // A copy: what is held outlives the chunk, and a short rest keeps no large chunk alive.
    if (from < chunk.length) this.hold(new Uint8Array(chunk.subarray(from)));
    return blocks;
  }

  /** The last line, where the stream does not end with a newline. */
  end(): readonly LineBlock[] {
    return this.seen ? [this.take()] : [];
  }

  /** Number of the line that is being read: where a stream broke off, the line that is lost. */
  get current(): number {
    return this.number;
  }

  /** The lines that begin at `from` or behind it and end in this chunk, up to the first that is too long, which stands alone. */
  private within(chunk: Uint8Array, from: number): LineBlock | undefined {
    const ends: number[] = [];
    let begin = from;
    for (let end = chunk.indexOf(NEWLINE, from); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      if (end - begin > this.bytesMax) {
        if (ends.length === 0) return this.numbered(undefined, 0, [end]);
        break;
      }
      ends.push(end);
      begin = end + 1;
    }
    return ends.length === 0 ? undefined : this.numbered(chunk, from, ends);
  }

  private hold(bytes: Uint8Array): void {
    this.seen = true;
    if (this.tooLong) return;
    this.held += bytes.length;
    if (this.held > this.bytesMax) {
      this.tooLong = true;
      this.parts = [];
    } else if (bytes.length > 0) {
      this.parts.push(bytes);
    }
  }

  private take(): LineBlock {
    const bytes = this.parts.length === 1 ? (this.parts[0] as Uint8Array) : concat(...this.parts);
    const block = this.numbered(this.tooLong ? undefined : bytes, 0, [bytes.length]);
    this.parts = [];
    this.held = 0;
    this.tooLong = false;
    this.seen = false;
    return block;
  }

  private numbered(bytes: Uint8Array | undefined, from: number, ends: readonly number[]): LineBlock {
    const first = this.number;
    this.number += ends.length;
    const marked = first === 1 && bytes !== undefined && startsWithByteOrderMark(bytes);
    return new LineBlock(first, bytes, marked ? BYTE_ORDER_MARK_BYTES : from, ends);
  }
}
