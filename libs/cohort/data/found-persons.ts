import type { Tx } from '@aceso/platform';
import { BLOCK_SLOTS } from '@aceso/register/domain';
import { FOUND_AMONG, foundParameters, type FoundContext } from '../domain/found';
import { Snapshot } from '../domain/snapshot';
import { foundBlock, foundEntries, readFoundSlots, type FoundBlock } from './found-slots';

/** Persons of whom something changed since a question: of more than that everybody is read anew. */
const CHANGED_MAX = 10_000;

type FoundBlocks = ReadonlyMap<number, FoundBlock>;

/** Who was found in one snapshot. */
interface Kept {
  /** Of the server: snapshots of another one are in no order with this one. */
  readonly life: string;
  /** By which months ages were judged: a day later they may be the same. */
  readonly months: string;
  readonly snapshot: Snapshot;
  /** Start of the transaction: what has a time limit was judged at it. */
  readonly at: string;
  readonly blocks: FoundBlocks;
}

interface State {
  readonly snapshot: string;
  readonly at: string;
  /** Slots that may have changed since; null: all of them. */
  readonly changed: readonly number[] | null;
  readonly size: number;
}

/**
 * Who is counted, kept from question to question. The database says of whom anything changed that decides it: those are judged anew by the same
 * query as everybody else, in the snapshot of the question (ADR 43). What is returned is shared, and nobody may write to it.
 */
export class FoundPersons {
  #kept: Kept | undefined;

  /** Who is counted for one who asks, by block, in one life of the server; nobody is kept where that has no name. The transaction is one snapshot. */
  async read(tx: Tx, context: FoundContext, life: string | null): Promise<FoundBlocks> {
    // Rules about one center count when persons are asked, once a request: those are read as they are.
    if (context.askerId !== undefined) return readFoundSlots(tx, context);
    const { shownTo, ...everybody } = context;
    const blocks = await this.#everybody(tx, everybody, life);
    return shownTo === undefined ? blocks : without(blocks, await vouchedSlots(tx, shownTo));
  }

  async #everybody(tx: Tx, context: FoundContext, life: string | null): Promise<FoundBlocks> {
    const months = foundParameters(context).join();
    const kept = isOf(this.#kept, life, months) ? this.#kept : undefined;
    const state = await readState(tx, kept);
    const snapshot = Snapshot.parse(state.snapshot);
    const follows = kept !== undefined && snapshot.sees(kept.snapshot);
    const { changed } = state;
    const blocks =
      follows && changed !== null && changed.length <= CHANGED_MAX
        ? await patched(tx, context, { blocks: kept.blocks, changed, size: state.size })
        : await readFoundSlots(tx, context);
    if (life !== null && (!isOf(this.#kept, life, months) || snapshot.sees(this.#kept.snapshot))) {
      this.#kept = { life, months, snapshot, at: state.at, blocks };
    }
    return blocks;
  }
}

const isOf = (kept: Kept | undefined, life: string | null, months: string): kept is Kept =>
  kept !== undefined && kept.life === life && kept.months === months;

async function readState(tx: Tx, kept: Kept | undefined): Promise<State> {
  const [row] = await tx.prepared<State>(
    `select pg_current_snapshot()::text as snapshot, now()::text as at,
            cohort.found_changes(coalesce($1, pg_current_snapshot()::text)::pg_snapshot, coalesce($2::timestamptz, now())) as changed,
            (select coalesce(max(slot), -1) + 1 from facts.slot) as size`,
    [kept?.snapshot.text ?? null, kept?.at ?? null],
  );
  return row!;
}

async function vouchedSlots(tx: Tx, party: string): Promise<number[]> {
  const rows = await tx.prepared<{ slot: number }>('select slot from cohort.vouched_slots($1) as slot', [party]);
  return rows.map(({ slot }) => slot);
}

interface Change {
  readonly blocks: FoundBlocks;
  readonly changed: readonly number[];
  readonly size: number;
}

async function patched(tx: Tx, context: FoundContext, { blocks, changed, size }: Change): Promise<FoundBlocks> {
  const next = grown(without(blocks, changed), size);
  if (changed.length === 0) return next;
  const [row] = await tx.query<{ slots: Buffer }>(FOUND_AMONG, [...foundParameters(context), changed]);
  // Every changed slot is in a block that was copied above.
  for (const { slot, number } of foundEntries(row!.slots)) {
    const { found, numbers } = next.get(slot >> 16)!;
    found[slot & (BLOCK_SLOTS - 1)] = 1;
    numbers[slot & (BLOCK_SLOTS - 1)] = number;
  }
  return next;
}

/** The same without these slots; blocks that have one are copied. */
function without(blocks: FoundBlocks, slots: readonly number[]): FoundBlocks {
  if (slots.length === 0) return blocks;
  const next = new Map(blocks);
  const copied = new Set<number>();
  for (const slot of slots) {
    const blk = slot >> 16;
    const block = next.get(blk);
    if (!block) continue;
    if (!copied.has(blk)) next.set(blk, resized(block, block.found.length));
    copied.add(blk);
    const place = slot & (BLOCK_SLOTS - 1);
    if (place < block.found.length) next.get(blk)!.found[place] = 0;
  }
  return next;
}

/** The same with room for so many slots. */
function grown(blocks: FoundBlocks, size: number): FoundBlocks {
  const next = new Map(blocks);
  for (let from = 0; from < size; from += BLOCK_SLOTS) {
    const blk = from / BLOCK_SLOTS;
    const block = next.get(blk);
    const length = Math.min(BLOCK_SLOTS, size - from);
    if (!block) next.set(blk, foundBlock(length));
    else if (block.found.length < length) next.set(blk, resized(block, length));
  }
  return next;
}

function resized({ found, numbers }: FoundBlock, length: number): FoundBlock {
  const block = foundBlock(length);
  block.found.set(found);
  block.numbers.set(numbers);
  return block;
}
