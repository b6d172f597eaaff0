import { extname, join } from 'node:path';
import { concat } from '@aceso/kernel';
import { ThreadPool, type ThreadJob } from '@aceso/platform/threads';
import type { Position, ReadText } from '@aceso/register';

type SourceRecordId = Position['sourceRecordId'];

import type { EmittedSale } from './emitted-sale';
import { HELD_BYTES_MAX, type EmittedOne } from './person-emission';
import type { RowText } from './row-texts';

/** All resources of one person, to be de-identified in one go: few objects, which would be copied one by one. */
export interface PersonTask {
  readonly person: EmittedOne;
  /** JSON texts one after the other. */
  readonly text: Uint8Array;
  /** The source records, each once. */
  readonly records: readonly SourceRecordId[];
  /** {@link PLACE_NUMBERS} of each resource: index of its source record, segment, line, and where its text ends. */
  readonly places: Float64Array;
}

/** Numbers that say where one resource stands. */
export const PLACE_NUMBERS = 4;

/** One person, de-identified and written down. */
export interface EmittedTexts {
  /** Of all rows, each once. */
  readonly codes: readonly string[];
  readonly texts: readonly RowText[];
}

/** The threads that de-identify for this process. Keys of sales are in them only while a shard of the sale is emitted. */
export class EmissionThreads {
  readonly #pool: ThreadPool;

  constructor(
    readonly threads: number,
    entry = join(__dirname, `emission.thread${extname(__filename)}`),
  ) {
    this.#pool = new ThreadPool(entry, threads);
  }

  open(sale: EmittedSale): ThreadJob<PersonTask, EmittedTexts> {
    return this.#pool.open(sale);
  }

  async onModuleDestroy(): Promise<void> {
    await this.#pool.close();
  }
}

/** Gathers what a thread needs of a person; null when the record is longer than what is held in memory. */
export async function personTask(
  person: EmittedOne,
  entries: AsyncIterable<ReadText> | Iterable<ReadText>,
  heldBytesMax = HELD_BYTES_MAX,
): Promise<PersonTask | null> {
  const texts: Uint8Array[] = [];
  const records: SourceRecordId[] = [];
  const places: number[] = [];
  let end = 0;
  for await (const { text, position } of entries) {
    end += text.length;
    if (end > heldBytesMax) return null;
    texts.push(text);
    const { sourceRecordId, sequence, line } = position;
    // Resources come record by record.
    if (records.at(-1) !== sourceRecordId) records.push(sourceRecordId);
    places.push(records.length - 1, sequence, line, end);
  }
  return { person, text: concat(...texts), records, places: Float64Array.from(places) };
}

/** The buffers of a task that move to its thread without a copy. */
export function transferOf({ text, places }: PersonTask): ArrayBuffer[] {
  return [text.buffer as ArrayBuffer, places.buffer as ArrayBuffer];
}
