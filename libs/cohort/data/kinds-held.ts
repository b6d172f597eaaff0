import type { Tx } from '@aceso/platform';
import { BLOCK_SLOTS } from '@aceso/register/domain';
import type { EventKind } from '../domain/criteria';
import type { BlockCache } from './block-cache';

/** Which places of a block of persons have a fact of a kind: bits, in the order of places. */
export type HeldPlaces = Uint8Array;

/** Bytes of such bits that a process keeps: a block of persons and a kind take 8 KiB. */
export const HELD_BYTES_MAX = 16 * 1024 * 1024;
const BLOCK_BYTES = BLOCK_SLOTS / 8;

/** Whether a slot is among the places of its block. */
export const isHeld = (places: HeldPlaces | undefined, slot: number): boolean =>
  places !== undefined && (places[slot >> 3]! & (1 << (slot & 7))) !== 0;

/**
 * Who has any fact of a kind, by block: of merged facts the places alone, kept by the versions of all blocks of the kind, and the rows that
 * were not merged. What a person keeps back is not looked at here. `check` throws when the time is over. The transaction is one snapshot.
 */
export async function kindHeld(
  tx: Tx,
  kind: EventKind,
  { cache, check }: { readonly cache: BlockCache<HeldPlaces>; readonly check: () => void },
): Promise<ReadonlyMap<number, HeldPlaces>> {
  // A version is never given again: what is written raises the last one, and what is taken away lowers the number.
  const states = await tx.query<{ blk: number; last: string; codes: string }>(
    `select b.blk, max(b.ver) as last, count(*) as codes
       from facts.code c join facts.block b on b.code = c.number where c.kind = $1 group by b.blk`,
    [kind],
  );
  const held = new Map<number, HeldPlaces>();
  for (const { blk, last, codes } of states) {
    check();
    const name = `${kind} ${blk} ${last} ${codes}`;
    const known = cache.get(name) ?? (await readPlaces(tx, kind, blk));
    cache.put(name, known, BLOCK_BYTES);
    held.set(blk, known);
  }
  const rows = await tx.query<{ blk: number; slots: number[] }>(
    `select s.slot >> 16 as blk, array_agg(distinct s.slot & 65535) as slots
       from facts.fact f join facts.slot s using (index_no)
      where f.kind = $1 and not f.superseded group by 1`,
    [kind],
  );
  for (const { blk, slots } of rows) {
    const places = Uint8Array.from(held.get(blk) ?? new Uint8Array(BLOCK_BYTES));
    for (const slot of slots) places[slot >> 3]! |= 1 << (slot & 7);
    held.set(blk, places);
  }
  return held;
}

async function readPlaces(tx: Tx, kind: EventKind, blk: number): Promise<HeldPlaces> {
  const columns = await tx.query<{ slots: Buffer }>(
    `select substring(b.data from 1 for 2 * b.n) as slots
       from facts.code c join facts.block b on b.code = c.number where c.kind = $1 and b.blk = $2`,
    [kind, blk],
  );
  const places = new Uint8Array(BLOCK_BYTES);
  for (const { slots } of columns) {
    for (let at = 0; at < slots.length; at += 2) {
      const slot = slots.readUInt16LE(at);
      places[slot >> 3]! |= 1 << (slot & 7);
    }
  }
  return places;
}
