import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '@aceso/kernel';
import { formatTilePath, HASH_BYTES, TILE_HASHES, type TileName, type TileSource } from '@aceso/ledger/domain';

/** The hash tiles are not where they were said to be. */
class TilesMissing extends DomainError {}

/** Hash tiles below a prefix (`https://…/ledger`), or in a folder that a log was exported to. */
export function tilesFrom(place: string): TileSource {
  const read = /^https?:\/\//.test(place)
    ? (path: string) => download(place, path)
    : (path: string) => load(place, path);
  return async (name: TileName) => {
    const found = await read(formatTilePath(name));
    if (found) return found;
    // tlog-tiles: a partial tile may be gone once the full one is there.
    const full = name.width < TILE_HASHES ? await read(formatTilePath({ ...name, width: TILE_HASHES })) : undefined;
    if (!full) throw new TilesMissing('TILES_MISSING', `${place} has no ${formatTilePath(name)}`);
    return full.subarray(0, name.width * HASH_BYTES);
  };
}

async function download(prefix: string, path: string): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(`${prefix.replace(/\/+$/, '')}/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  } catch (cause) {
    throw new TilesMissing('TILES_MISSING', `${prefix} does not answer`, { cause });
  }
}

async function load(folder: string, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
