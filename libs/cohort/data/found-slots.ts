import type { Tx } from '@aceso/platform';
import { BLOCK_SLOTS } from '@aceso/register/domain';
import { FOUND, foundParameters, type FoundContext } from '../domain/found';

/** Who of the persons of a block is counted at all. */
export interface FoundBlock {
  /** One where a slot is. */
  readonly found: Uint8Array;
  /** The number of the person of each such slot (`register.person_index.number`). */
  readonly numbers: Int32Array;
}

/** Bytes of one person in the answer. */
const ENTRY_BYTES = 8;

/** Who is counted at all, by block. */
export async function readFoundSlots(tx: Tx, context: FoundContext): Promise<Map<number, FoundBlock>> {
  const [row] = await tx.query<{ slots: Buffer; size: number }>(
    `select found.slots, (select coalesce(max(slot), -1) + 1 from facts.slot) as size from (${FOUND}) as found`,
    foundParameters(context),
  );
  const { slots, size } = row!;
  const blocks = new Map<number, FoundBlock>();
  for (let from = 0; from < size; from += BLOCK_SLOTS) blocks.set(from / BLOCK_SLOTS, foundBlock(size - from));
  for (const { slot, number } of foundEntries(slots)) {
    const { found, numbers } = blocks.get(slot >> 16)!;
    const place = slot & (BLOCK_SLOTS - 1);
    found[place] = 1;
    numbers[place] = number;
  }
  return blocks;
}

/** The slots of an answer of `FOUND`, each with the number of its person. */
export function* foundEntries(slots: Buffer): Generator<{ readonly slot: number; readonly number: number }> {
  for (let at = 0; at < slots.length; at += ENTRY_BYTES) {
    yield { slot: slots.readInt32BE(at), number: slots.readInt32BE(at + 4) };
  }
}

/** A block in which nobody is found yet, for so many slots at most. Found ones are read by threads. */
export function foundBlock(slots: number): FoundBlock {
  const size = Math.min(BLOCK_SLOTS, slots);
  return { found: new Uint8Array(new SharedArrayBuffer(size)), numbers: new Int32Array(size) };
}

/** Of the blocks that have some of these slots: who else is found, and those alone. */
export function partedBy(found: ReadonlyMap<number, FoundBlock>, slots: Iterable<number>) {
  const [together, apart] = [new Map<number, Uint8Array>(), new Map<number, Uint8Array>()];
  for (const slot of slots) {
    const [blk, place] = [slot >> 16, slot & (BLOCK_SLOTS - 1)];
    const { found: all } = found.get(blk)!;
    const others = together.get(blk) ?? copyOf(all);
    const some = apart.get(blk) ?? new Uint8Array(all.length);
    together.set(blk, others);
    apart.set(blk, some);
    others[place] = 0;
    some[place] = 1;
  }
  return { together, apart };
}

/** In memory that threads share. */
function copyOf(slots: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(slots.length));
  copy.set(slots);
  return copy;
}
