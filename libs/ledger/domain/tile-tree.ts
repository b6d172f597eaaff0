import type { Sha256 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { HASH_BYTES, type NodeId } from './merkle';
import { consistencyRanges, inclusionRanges, proofHashes, rangeNodes, type LeafRange } from './proof';
import { nodeFromTile, tileBelow } from './tile';
import { formatTilePath, tileWidth, type TileName } from './tile-path';

/** Brings the bytes of a resource, from a server or a folder. */
export type TileSource = (name: TileName) => Promise<Uint8Array>;

/** A tree as whoever has only its tiles sees it. `size` is that of a signed checkpoint. */
export interface TileTree {
  readonly size: bigint;
  readonly source: TileSource;
  readonly sha256: Sha256;
}

/** The root, from the tiles of the right edge: it must be compared with that of the checkpoint. */
export async function rootFromTiles(tree: TileTree): Promise<Uint8Array> {
  const [root] = await hashesFromTiles(tree, [{ start: 0n, end: tree.size }]);
  return root as Uint8Array;
}

/** Inclusion proof of a leaf; it must be verified like one from a stranger. Throws TREE_POSITION_INVALID. */
export async function inclusionFromTiles(tree: TileTree, index: bigint): Promise<Uint8Array[]> {
  return hashesFromTiles(tree, inclusionRanges(index, tree.size));
}

/** Consistency proof from an older size; it must be verified like one from a stranger. Throws TREE_POSITION_INVALID. */
export async function consistencyFromTiles(tree: TileTree, oldSize: bigint): Promise<Uint8Array[]> {
  return hashesFromTiles(tree, consistencyRanges(oldSize, tree.size));
}

/** One hash a range, each tile fetched once. Throws TILE_MALFORMED when one has another length than its width says. */
async function hashesFromTiles(tree: TileTree, ranges: readonly LeafRange[]): Promise<Uint8Array[]> {
  const tiles = new Map<string, Uint8Array>();
  const pathOf = (node: NodeId): { path: string; name: TileName } => {
    const { tile } = tileBelow(node);
    const name = { ...tile, width: tileWidth(tree.size, tile) };
    return { path: formatTilePath(name), name };
  };
  for (const node of ranges.flatMap(rangeNodes)) {
    const { path, name } = pathOf(node);
    if (!tiles.has(path)) tiles.set(path, requireTile(name, await tree.source(name)));
  }
  const hash = (node: NodeId): Uint8Array =>
    nodeFromTile(node, tiles.get(pathOf(node).path) as Uint8Array, tree.sha256);
  return proofHashes(ranges, hash, tree.sha256);
}

/** The bytes of a hash tile, if they have the length that its width says. Throws TILE_MALFORMED. */
export function requireTile(name: TileName, bytes: Uint8Array): Uint8Array {
  if (bytes.length === name.width * HASH_BYTES) return bytes;
  throw new LedgerError('TILE_MALFORMED', `${formatTilePath(name)}: a tile of ${name.width} hashes has another length`);
}
