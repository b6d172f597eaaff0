import { assert, concat } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { TILE_HASHES } from './tile';

/** tlog-tiles: an entry's length has two bytes. */
const LENGTH_BYTES = 2;
const ENTRY_BYTES_MAX = 0xffff;
/** No bundle is longer, in bytes. */
export const ENTRY_BUNDLE_BYTES_MAX = TILE_HASHES * (LENGTH_BYTES + ENTRY_BYTES_MAX);

/** tlog-tiles: uint16 length || entry, one behind the other. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concat(
    ...entries.flatMap((entry) => {
      assert(entry.length <= ENTRY_BYTES_MAX, 'the length of an entry fits in two bytes');
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** Reads a bundle of exactly `width` entries. Throws ENTRY_BUNDLE_MALFORMED. */
export function decodeEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (entries.length === width) throw malformed(`more than ${width} entries`);
    if (bytes.length - at < LENGTH_BYTES) throw malformed('a length is cut off');
    const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    at += LENGTH_BYTES;
    if (bytes.length - at < length) throw malformed('an entry is cut off');
    entries.push(bytes.slice(at, at + length));
    at += length;
  }
  if (entries.length !== width) throw malformed(`${entries.length} entries in place of ${width}`);
  return entries;
}

function malformed(why: string): LedgerError {
  return new LedgerError('ENTRY_BUNDLE_MALFORMED', `entry bundle: ${why}`);
}
