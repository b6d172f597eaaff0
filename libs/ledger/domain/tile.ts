import { assert, type Sha256 } from '@aceso/kernel';
import { HASH_BYTES, nodeHash, type NodeId } from './merkle';

/** tlog-tiles: a tile is eight levels high. */
export const TILE_LEVELS = 8;
/** tlog-tiles: a full tile has 256 hashes side by side. */
export const TILE_HASHES = 256;

/** Tile `index` of tile level `level`: hash i in it is the full subtree of tree level 8·level at index·256 + i. */
export interface TileId {
  readonly level: number;
  readonly index: bigint;
}

/** True for the levels whose hashes are kept in tiles; all others are computed from the level below. */
export function isTileLevel(level: number): boolean {
  return level % TILE_LEVELS === 0;
}

/** Where a hash of a tile level stands. */
export function tilePosition({ level, index }: NodeId): { tile: TileId; offset: number } {
  assert(isTileLevel(level), 'only every eighth level is kept');
  return {
    tile: { level: level / TILE_LEVELS, index: index / BigInt(TILE_HASHES) },
    offset: Number(index % BigInt(TILE_HASHES)),
  };
}

/** The tile below (or at) a node from which the node is computed, and the hashes of it that are needed. */
export function tileBelow({ level, index }: NodeId): { tile: TileId; offset: number; width: number } {
  const within = level % TILE_LEVELS;
  const { tile, offset } = tilePosition({ level: level - within, index: index << BigInt(within) });
  return { tile, offset, width: 1 << within };
}

/**
 * Hash of a full subtree, computed from the hashes (side by side, 32 bytes each) of the tile that
 * {@link tileBelow} names.
 */
export function nodeFromTile(node: NodeId, hashes: Uint8Array, sha256: Sha256): Uint8Array {
  const { offset, width } = tileBelow(node);
  assert(hashes.length >= (offset + width) * HASH_BYTES, 'the tile is wide enough');
  let row = Array.from({ length: width }, (_, i) =>
    hashes.subarray((offset + i) * HASH_BYTES, (offset + i + 1) * HASH_BYTES),
  );
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      nodeHash(row[2 * i] as Uint8Array, row[2 * i + 1] as Uint8Array, sha256),
    );
  }
  return row[0] as Uint8Array;
}
