import type { Tx } from '@aceso/platform';
import { BLOCK_SLOTS } from '@aceso/register/domain';
import { FOUND, foundParameters, type FoundContext } from '../domain/found';

/** Who is counted at all, by block: one where a slot is. */
export async function readFoundSlots(tx: Tx, context: FoundContext): Promise<Map<number, Uint8Array>> {
  const [row] = await tx.query<{ slots: Buffer; size: number }>(
    `select found.slots, (select coalesce(max(slot), -1) + 1 from facts.slot) as size from (${FOUND}) as found`,
    foundParameters(context),
  );
  const { slots, size } = row!;
  const blocks = new Map<number, Uint8Array>();
  for (let from = 0; from < size; from += BLOCK_SLOTS) {
    blocks.set(from / BLOCK_SLOTS, new Uint8Array(new SharedArrayBuffer(Math.min(BLOCK_SLOTS, size - from))));
  }
  for (let at = 0; at < slots.length; at += 4) {
    const slot = slots.readInt32BE(at);
    blocks.get(slot >> 16)![slot & (BLOCK_SLOTS - 1)] = 1;
  }
  return blocks;
}
