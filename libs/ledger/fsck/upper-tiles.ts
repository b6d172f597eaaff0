import type { Reader } from '../data/reader';
import { isTileLevel, TILE_HASHES, TILE_LEVELS, type NodeId } from '../domain';
import type { FsckFinding } from './check';
import { compareTile } from './log-rows';

interface Tile {
  readonly level: number;
  readonly first: bigint;
  readonly hashes: Uint8Array[];
}

/** Tiles above the leaves, computed from below and compared with the stored ones as they fill: one open tile a level. */
export class UpperTiles {
  private readonly open = new Map<number, Tile>();
  private full: Tile[] = [];

  /** Takes the nodes in the order in which the tree completes them. */
  add({ level, index }: NodeId, hash: Uint8Array): void {
    if (level === 0 || !isTileLevel(level)) return;
    const tileLevel = level / TILE_LEVELS;
    const tile = this.open.get(tileLevel) ?? { level: tileLevel, first: index, hashes: [] };
    tile.hashes.push(hash);
    if (tile.hashes.length < TILE_HASHES) {
      this.open.set(tileLevel, tile);
      return;
    }
    this.open.delete(tileLevel);
    this.full.push(tile);
  }

  /** Compares what has filled since the last call. */
  async *check(reader: Reader): AsyncGenerator<FsckFinding> {
    const tiles = this.full;
    this.full = [];
    for (const tile of tiles) yield* compare(reader, tile);
  }

  /** Compares the tiles of the right edge as well. */
  async *finish(reader: Reader): AsyncGenerator<FsckFinding> {
    yield* this.check(reader);
    for (const tile of this.open.values()) yield* compare(reader, tile);
  }
}

async function* compare(reader: Reader, { level, first, hashes }: Tile): AsyncGenerator<FsckFinding> {
  yield* await compareTile(reader, { level, start: first, end: first + BigInt(hashes.length) }, hashes);
}
