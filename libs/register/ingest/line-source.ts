import { createGunzip, type Gunzip } from 'node:zlib';

import { LineBlock, LineSplitter, SNIFF_BYTES, sniffFormat, type Finding, type Format, type Line } from '@aceso/fhir';
import { concat } from '@aceso/kernel';

/** The line that is lost, with what is wrong with the file there. */
export interface BrokenLine {
  readonly line: Line;
  readonly finding: Finding;
}

/** A line, or what is wrong with the file at that line. */
export type SourceLine = { readonly line: Line } | BrokenLine;

/** Lines are handed on in batches of about this many bytes: large enough for set-based work, small enough for memory. */
const BATCH_BYTES = 4 * 1024 * 1024;
const BATCH_LINES_MAX = 4_000;
const GUNZIP_CHUNK_BYTES = 512 * 1024;
const PACKED_PIECE_BYTES = 16 * 1024;

/** How far a compressed file may grow. FHIR packs to a tenth or a twentieth of its size. */
export interface ExpansionLimits {
  /** Every file may grow to this size, bytes. */
  readonly freeBytes: number;
  /** Beyond it to so many times its own. */
  readonly ratioMax: number;
  /** And never beyond this one, bytes. */
  readonly bytesMax: number;
}

const EXPANSION_LIMITS: ExpansionLimits = {
  freeBytes: 1024 * 1024 * 1024,
  ratioMax: 100,
  bytesMax: 512 * 1024 * 1024 * 1024,
};

interface Opened {
  readonly format: Format;
  readonly content: AsyncIterable<Uint8Array>;
  /** Lets the stream go, also where its content was not asked for. */
  close(): Promise<unknown>;
}

/**
 * The lines of a file as it came: gzip is unpacked while it streams, once; whole documents are one line. A file that
 * cannot be read on ends with a finding at the line that is lost; the lines before it stand.
 */
export async function* readLines(
  file: AsyncIterable<Uint8Array>,
  limits = EXPANSION_LIMITS,
): AsyncGenerator<SourceLine[]> {
  let batch: SourceLine[] = [];
  let bytes = 0;
  for await (const source of readLineBlocks(file, limits)) {
    if (!(source instanceof LineBlock)) {
      batch.push(source);
      continue;
    }
    for (let at = 0; at < source.count; at += 1) {
      const line = source.line(at);
      batch.push({ line });
      bytes += line.bytes?.length ?? 0;
      if (bytes < BATCH_BYTES && batch.length < BATCH_LINES_MAX) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

/** As {@link readLines}, for who reads texts: the lines as they lie next to each other in memory. Use a block before the next one. */
export async function* readLineBlocks(
  file: AsyncIterable<Uint8Array>,
  limits = EXPANSION_LIMITS,
): AsyncGenerator<LineBlock | BrokenLine> {
  const outer = await open(file);
  const gunzip = outer.format === 'gzip' ? new Expansion(outer.content, limits) : undefined;
  let splitter: LineSplitter | undefined;
  try {
    const { format, content } = gunzip === undefined ? outer : await open(gunzip.expanded());
    if (format === 'unsupported' || format === 'gzip') {
      yield broken(1, 'FORMAT_UNSUPPORTED');
      return;
    }
    splitter = new LineSplitter({ wholeDocument: format === 'document' });
    for await (const chunk of content) yield* splitter.push(chunk);
    yield* splitter.end();
  } catch (error) {
    const finding = gunzip?.findingOf(error);
    if (finding === undefined) throw error;
    yield broken(splitter?.current ?? 1, finding);
  } finally {
    await outer.close();
  }
}

function broken(number: number, code: Finding['code']): BrokenLine {
  return { line: { number, bytes: undefined }, finding: { code } };
}

/** Looks at the head of a stream and gives the stream whole again: also the failure, at its place. */
async function open(stream: AsyncIterable<Uint8Array>): Promise<Opened> {
  const iterator = stream[Symbol.asyncIterator]();
  const { head, failure } = await readHead(iterator);
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    if (failure !== undefined) throw failure;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  const close = async () => iterator.return?.();
  return { format: sniffFormat(head.subarray(0, SNIFF_BYTES)), content: whole(), close };
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<{ head: Uint8Array; failure?: Error }> {
  const held: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes < SNIFF_BYTES) {
      const { value, done } = await iterator.next();
      if (done === true) break;
      held.push(new Uint8Array(value));
      bytes += value.length;
    }
  } catch (failure) {
    return { head: concat(...held), failure: failure as Error };
  }
  return { head: concat(...held) };
}

/** Unpacks one layer of gzip and watches how much comes out of how little. */
class Expansion {
  private packed = 0;
  private unpacked = 0;

  constructor(
    private readonly content: AsyncIterable<Uint8Array>,
    private readonly limits: ExpansionLimits,
  ) {}

  /** Small pieces, each drained before the next: whatever was whole before a break in the file comes out. */
  async *expanded(): AsyncGenerator<Uint8Array> {
    const gunzip = new DrainedGunzip();
    for await (const part of this.content) {
      for (let at = 0; at < part.length; at += PACKED_PIECE_BYTES) {
        const piece = part.subarray(at, at + PACKED_PIECE_BYTES);
        this.packed += piece.length;
        yield* this.watched(gunzip.write(piece));
      }
    }
    yield* this.watched(gunzip.end());
  }

  private async *watched(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { freeBytes, ratioMax, bytesMax } = this.limits;
    for await (const chunk of chunks) {
      this.unpacked += chunk.length;
      if (this.unpacked > Math.min(bytesMax, Math.max(freeBytes, this.packed * ratioMax))) throw new Excess();
      yield chunk;
    }
  }

  /** What a failure of unpacking says about the file; undefined where the failure is not the file's. */
  findingOf(error: unknown): Finding['code'] | undefined {
    if (error instanceof Excess) return 'EXPANSION_EXCESSIVE';
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') return 'GZIP_TRUNCATED';
    return code?.startsWith('Z_') === true ? 'GZIP_BROKEN' : undefined;
  }
}

class Excess extends Error {}

/**
 * Node's gunzip drops what it has unpacked when the file ends too early; here every piece is drained before the next one
 * is written, and the end is told only when nothing is left to read.
 */
class DrainedGunzip {
  private readonly stream: Gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES });
  private failure: Error | undefined;
  private done = false;
  private wake: () => void = () => undefined;

  constructor() {
    const wake = () => this.wake();
    this.stream.on('readable', wake).on('end', () => {
      this.done = true;
      wake();
    });
    this.stream.on('error', (error) => {
      this.failure = error;
      wake();
    });
  }

  async *write(piece: Uint8Array): AsyncGenerator<Uint8Array> {
    let written = false;
    this.stream.write(piece, () => {
      written = true;
      this.wake();
    });
    yield* this.drain(() => written);
  }

  async *end(): AsyncGenerator<Uint8Array> {
    this.stream.end();
    yield* this.drain(() => this.done);
  }

  private async *drain(isOver: () => boolean): AsyncGenerator<Uint8Array> {
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.wake = resolve));
      for (let chunk = this.read(); chunk !== null; chunk = this.read()) yield chunk;
      if (this.failure !== undefined) throw this.failure;
      if (isOver()) return;
      await woken;
    }
  }

  private read(): Uint8Array | null {
    return this.stream.read() as Uint8Array | null;
  }
}
