import { Readable } from 'node:stream';
import { byDateThenPseudonym, type PlacedRow, type ReleasedRow } from '@aceso/deidentification/domain';
import type { BlobStore } from '@aceso/platform';
import type { RowOrder } from './person-emission';
import { lineBatches } from './row-lines';

/** How much of the rows of one person is in memory. */
export interface SortLimits {
  /** Source bytes of the rows that are sorted in memory; what exceeds it is written as a sorted run. */
  readonly heldBytesMax: number;
  /** Runs that are merged at once; beyond it they become one. */
  readonly runsMax: number;
}

export const SORT_LIMITS: SortLimits = { heldBytesMax: 8 * 1024 * 1024, runsMax: 32 };
/** Characters of a run that are written at once. */
const WRITTEN_AT_ONCE = 64 * 1024;

/** Brings the rows of one person into their order, in memory or, where they are too many, through sorted runs in blobs. */
export class SortedRows implements RowOrder {
  #held: PlacedRow[] = [];
  #heldBytes = 0;
  #runs: string[] = [];
  #written = 0;

  /** `prefix` is a blob key below which nobody else writes. */
  constructor(
    private readonly blobs: BlobStore,
    private readonly prefix: string,
    private readonly limits: SortLimits = SORT_LIMITS,
  ) {}

  /** Takes a row that was made of so many bytes. */
  async add({ row, sortDate }: PlacedRow, bytes: number): Promise<void> {
    this.#held.push({ row, sortDate });
    this.#heldBytes += bytes;
    if (this.#heldBytes > this.limits.heldBytesMax) await this.#spill();
  }

  /** All rows in their order. */
  async *inOrder(): AsyncGenerator<ReleasedRow> {
    const held = this.#held.sort(byDateThenPseudonym);
    const rows = this.#runs.length === 0 ? held : merged([...this.#opened(), held]);
    for await (const { row } of rows) yield row;
  }

  /** Removes the runs, also after a failure. */
  async remove(): Promise<void> {
    for (let number = 0; number < this.#written; number += 1) await this.blobs.delete(this.#key(number));
  }

  async #spill(): Promise<void> {
    if (this.#runs.length >= this.limits.runsMax) {
      const all = this.#opened();
      this.#runs = [await this.#store(merged(all))];
    }
    this.#runs.push(await this.#store(this.#held.sort(byDateThenPseudonym)));
    this.#held = [];
    this.#heldBytes = 0;
  }

  async #store(rows: Iterable<PlacedRow> | AsyncIterable<PlacedRow>): Promise<string> {
    const key = this.#key(this.#written++);
    await this.blobs.put(key, Readable.from(texts(rows)));
    return key;
  }

  #opened(): AsyncIterable<PlacedRow>[] {
    return this.#runs.map((key) => this.#read(key));
  }

  async *#read(key: string): AsyncGenerator<PlacedRow> {
    for await (const lines of lineBatches(await this.blobs.open(key))) {
      for (const line of lines) yield JSON.parse(line) as PlacedRow;
    }
  }

  #key(number: number): string {
    return `${this.prefix}/${number}.ndjson`;
  }
}

async function* texts(rows: Iterable<PlacedRow> | AsyncIterable<PlacedRow>): AsyncGenerator<Buffer> {
  let text = '';
  for await (const row of rows) {
    text += `${JSON.stringify(row)}\n`;
    if (text.length < WRITTEN_AT_ONCE) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** Merges rows that are in order each. Closes all sources, also when it is not read to its end. */
async function* merged(
  sources: readonly (Iterable<PlacedRow> | AsyncIterable<PlacedRow>)[],
): AsyncGenerator<PlacedRow> {
  const open = sources.map((source) => each(source));
  try {
    const heads: { row: PlacedRow; rest: AsyncGenerator<PlacedRow> }[] = [];
    for (const rest of open) {
      const first = await rest.next();
      if (!first.done) heads.push({ row: first.value, rest });
    }
    while (heads.length > 0) {
      const least = heads.reduce((best, head) => (byDateThenPseudonym(head.row, best.row) < 0 ? head : best));
      yield least.row;
      const next = await least.rest.next();
      if (next.done) heads.splice(heads.indexOf(least), 1);
      else least.row = next.value;
    }
  } finally {
    for (const rest of open) await rest.return(undefined);
  }
}

async function* each(rows: Iterable<PlacedRow> | AsyncIterable<PlacedRow>): AsyncGenerator<PlacedRow> {
  yield* rows;
}
