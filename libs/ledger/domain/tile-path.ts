import { assert } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { TILE_HASHES, TILE_LEVELS } from './tile';

/** tlog-tiles: the path element of entry bundles, where hash tiles have their level. */
export const ENTRIES = 'entries';
/** tlog-tiles: L is at most 63. */
const TILE_LEVEL_MAX = 63;

/** A resource of a tile log: a tile of hashes, or the bundle of the entries behind one of level 0. */
export interface TileName {
  readonly level: number | typeof ENTRIES;
  readonly index: bigint;
  /** Hashes or entries in it: 1 to 255 in a partial one, 256 in a full one. */
  readonly width: number;
}

// All groups of three digits but the last begin with x; the first is 000 only where it is the last.
const PATH = /^tile\/(0|[1-9][0-9]?|entries)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;
const INDEX_END = 2n ** 63n;

/** tlog-tiles: `tile/<L>/<N>[.p/<W>]`, N in groups of three digits. */
export function formatTilePath({ level, index, width }: TileName): string {
  assert(index >= 0n && index < INDEX_END, 'an index is a natural number below 2^63');
  assert(width >= 1 && width <= TILE_HASHES, 'a tile has 1 to 256 hashes');
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = (padded.match(/.{3}/g) as string[]).map((group, at, all) =>
    at < all.length - 1 ? `x${group}` : group,
  );
  return `tile/${level}/${groups.join('/')}${width === TILE_HASHES ? '' : `.p/${width}`}`;
}

/** Reads a path, strictly: each tile has one. Throws TILE_PATH_MALFORMED. */
export function parseTilePath(path: string): TileName {
  const parts = PATH.exec(path);
  if (parts === null) throw malformed('expected tile/<level or entries>/<index>[.p/<width>]');
  const [, level, groups, width] = parts as unknown as [string, string, string, string | undefined];
  if (groups.startsWith('x000')) throw malformed('the index has leading groups of zeros');
  const name: TileName = {
    level: level === ENTRIES ? ENTRIES : Number(level),
    index: BigInt(groups.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_HASHES : Number(width),
  };
  if (name.level !== ENTRIES && name.level > TILE_LEVEL_MAX) throw malformed(`the level is above ${TILE_LEVEL_MAX}`);
  if (name.index >= INDEX_END) throw malformed('the index is no number below 2^63');
  if (width !== undefined && name.width >= TILE_HASHES) throw malformed('a partial tile has at most 255 hashes');
  return name;
}

/** Hashes that a tile has in a tree of `size` leaves, 0 to 256: partial tiles are never hashed upward. */
export function tileWidth(size: bigint, { level, index }: Pick<TileName, 'level' | 'index'>): number {
  const hashes = (size >> treeLevel(level)) - index * BigInt(TILE_HASHES);
  if (hashes <= 0n) return 0;
  return hashes < BigInt(TILE_HASHES) ? Number(hashes) : TILE_HASHES;
}

/** Sizes of the trees that need a tile in exactly this width: `from` and up, below `to` unless it is full. */
export function sizesThatNeed({ level, index, width }: TileName): { readonly from: bigint; readonly to?: bigint } {
  const sizeOf = (hashes: number): bigint => (index * BigInt(TILE_HASHES) + BigInt(hashes)) << treeLevel(level);
  return { from: sizeOf(width), ...(width === TILE_HASHES ? {} : { to: sizeOf(width + 1) }) };
}

function treeLevel(level: TileName['level']): bigint {
  return level === ENTRIES ? 0n : BigInt(level * TILE_LEVELS);
}

/** All tiles of one kind that a tree of `size` leaves needs, from `first` on: full ones, then at most one partial. */
export function* tilesOfLevel(size: bigint, level: TileName['level'], first = 0n): Generator<TileName> {
  for (let index = first; ; index += 1n) {
    const width = tileWidth(size, { level, index });
    if (width > 0) yield { level, index, width };
    if (width < TILE_HASHES) return;
  }
}

/** Number of tile levels that a tree of `size` leaves has. */
export function tileLevels(size: bigint): number {
  let levels = 0;
  for (let left = size; left > 0n; left >>= BigInt(TILE_LEVELS)) levels += 1;
  return levels;
}

function malformed(why: string): LedgerError {
  return new LedgerError('TILE_PATH_MALFORMED', `tile path: ${why}`);
}
