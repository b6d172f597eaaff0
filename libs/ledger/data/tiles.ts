import { HASH_BYTES, LedgerError, sizesThatNeed, TILE_HASHES, type TileName } from '../domain';
import type { Reader } from './reader';

/** Sizes stay below 2^63: what begins behind it no log ever needs. */
const SIZE_MAX = 2n ** 63n - 1n;

/**
 * True in SQL when a published checkpoint needs the tile in this width: its size is from $1 on and, for a partial tile,
 * not behind $2. So a reader sees nothing of what was logged since the newest publication.
 */
const IS_PUBLIC = `exists (
  select from ledger.block b join ledger.publication p on p.height = b.height where b.size between $1 and $2)`;

/** Bytes of a hash tile, in one statement; null where no published checkpoint needs it in this width. */
export async function publishedTile(reader: Reader, name: TileName): Promise<Uint8Array | null> {
  const sizes = boundsOf(name);
  if (sizes === null) return null;
  const [row] = await reader.query<{ hashes: Uint8Array | null }>(
    `select substring(string_agg(hashes, '' order by start) for $6::integer) as hashes from ledger.tile_run
     where level = $3 and tile = $4 and start < $5 and ${IS_PUBLIC}`,
    [...sizes, name.level, name.index, name.width, name.width * HASH_BYTES],
  );
  if (!row?.hashes) return null;
  if (row.hashes.length === name.width * HASH_BYTES) return row.hashes;
  throw new LedgerError('LEDGER_STORAGE_DAMAGED', `tile ${name.level}/${name.index} is not as wide as its tree`);
}

/** Bytes of an entry bundle, in one statement; null where no published checkpoint needs it in this width. */
export async function publishedBundle(reader: Reader, name: TileName): Promise<Uint8Array | null> {
  const sizes = boundsOf(name);
  if (sizes === null) return null;
  const first = name.index * BigInt(TILE_HASHES);
  const [row] = await reader.query<{ bundle: Uint8Array | null; count: string }>(
    `select string_agg(substring(int4send(octet_length(bytes)) from 3) || bytes, '' order by index) as bundle,
       count(*) as count
     from ledger.entry where index >= $3 and index < $4 and ${IS_PUBLIC}`,
    [...sizes, first, first + BigInt(name.width)],
  );
  if (!row?.bundle) return null;
  if (Number(row.count) === name.width) return row.bundle;
  throw new LedgerError('LEDGER_STORAGE_DAMAGED', `entries are missing from ${first} on`);
}

function boundsOf(name: TileName): [bigint, bigint] | null {
  const { from, to = SIZE_MAX + 1n } = sizesThatNeed(name);
  if (from > SIZE_MAX) return null;
  return [from, to > SIZE_MAX ? SIZE_MAX : to - 1n];
}
