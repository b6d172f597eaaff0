import { concat, type Sha256 } from '@aceso/kernel';
import { HASH_BYTES, LedgerError, nodeFromTile, tileBelow, tilePosition } from '../domain';
import { isTileLevel, type NodeId, type NodeSource, type TileId } from '../domain';
import type { Reader } from './reader';

/** Hashes of one tile that a batch adds: the tile grows by runs, no row is ever rewritten. */
export interface TileRun {
  readonly level: number;
  readonly tile: bigint;
  readonly start: number;
  readonly hashes: Uint8Array;
}

/** Gathers the hashes that a batch completes into runs, one or two a tile level. */
export class TileRuns {
  private readonly runs = new Map<string, { tile: TileId; start: number; hashes: Uint8Array[] }>();

  /** Takes the nodes in the order in which the tree completes them; levels that are not kept are passed over. */
  add(node: NodeId, hash: Uint8Array): void {
    if (!isTileLevel(node.level)) return;
    const { tile, offset } = tilePosition(node);
    const name = tileName(tile);
    const run = this.runs.get(name);
    if (run) run.hashes.push(hash);
    else this.runs.set(name, { tile, start: offset, hashes: [hash] });
  }

  rows(): TileRun[] {
    return [...this.runs.values()].map(({ tile, start, hashes }) => ({
      level: tile.level,
      tile: tile.index,
      start,
      hashes: concat(...hashes),
    }));
  }
}

function tileName({ level, index }: TileId): string {
  return `${level}/${index}`;
}

interface RunRow {
  readonly level: number;
  readonly tile: string;
  readonly start: number;
  readonly hashes: Uint8Array;
}

/**
 * Reads what the given nodes are computed from, in one query, and answers for these nodes. Throws
 * LEDGER_STORAGE_DAMAGED when hashes are missing.
 */
export async function loadNodes(reader: Reader, nodes: readonly NodeId[], sha256: Sha256): Promise<NodeSource> {
  const tiles = new Map(nodes.map((node) => tileBelow(node).tile).map((tile) => [tileName(tile), tile]));
  const rows = await reader.query<RunRow>(
    `select r.level, r.tile, r.start, r.hashes
     from unnest($1::smallint[], $2::bigint[]) as wanted (level, tile)
     join ledger.tile_run r on r.level = wanted.level and r.tile = wanted.tile
     order by r.level, r.tile, r.start`,
    [[...tiles.values()].map(({ level }) => level), [...tiles.values()].map(({ index }) => String(index))],
  );
  const hashes = joinRuns(rows);
  return (node) => {
    const { tile, offset, width } = tileBelow(node);
    const row = hashes.get(tileName(tile));
    if (row === undefined || row.length < (offset + width) * HASH_BYTES) {
      throw new LedgerError('LEDGER_STORAGE_DAMAGED', `tile ${tile.level}/${tile.index} is not as wide as its tree`);
    }
    return nodeFromTile(node, row, sha256);
  };
}

function joinRuns(rows: readonly RunRow[]): Map<string, Uint8Array> {
  const parts = new Map<string, { length: number; hashes: Uint8Array[] }>();
  for (const { level, tile, start, hashes } of rows) {
    const name = `${level}/${tile}`;
    const part = parts.get(name) ?? { length: 0, hashes: [] };
    if (part.length !== start * HASH_BYTES) {
      throw new LedgerError('LEDGER_STORAGE_DAMAGED', `tile ${name} has a gap or an overlap at hash ${start}`);
    }
    parts.set(name, { length: part.length + hashes.length, hashes: [...part.hashes, hashes] });
  }
  return new Map([...parts].map(([name, { hashes }]) => [name, concat(...hashes)]));
}
