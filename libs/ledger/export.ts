import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { newestPublication, type Publication } from './data/block';
import type { Reader } from './data/reader';
import { publishedBundle, publishedTile } from './data/tiles';
import { ENTRIES, formatTilePath, LedgerError, TILE_HASHES, tileLevels, tilesOfLevel, type TileName } from './domain';

/** Length of a full tile, in bytes: a shorter file is the rest of something else. */
const FULL_TILE_BYTES = 8_192;

/** What an export wrote. */
export interface Exported {
  readonly size: bigint;
  /** Files that were not there yet. */
  readonly written: number;
}

type ReadTile = (reader: Reader, name: TileName) => Promise<Uint8Array | null>;

/**
 * Writes the newest published checkpoint and the hash tiles that it needs into a folder, laid out as tlog-tiles serves
 * them. Full tiles that are there already stay as they are. The checkpoint comes last and at once, and only then go the
 * partial tiles that it does not need: whoever reads meanwhile finds every tile of the checkpoint that he got.
 */
export async function exportTiles(reader: Reader, folder: string): Promise<Exported> {
  const publication = await requirePublication(reader);
  const { size, note } = publication;
  const outdated: string[] = [];
  let written = 0;
  for (let level = 0; level < tileLevels(size); level += 1) {
    written += await exportLevel({ reader, folder, size, read: publishedTile }, level, outdated);
  }
  await replace(join(folder, 'checkpoint'), Buffer.from(note));
  await remove(outdated);
  return { size, written };
}

/** Writes the entry bundles of the newest published checkpoint into a folder of their own: they are for auditors only. */
export async function exportEntries(reader: Reader, folder: string): Promise<Exported> {
  const { size } = await requirePublication(reader);
  const outdated: string[] = [];
  const written = await exportLevel({ reader, folder, size, read: publishedBundle }, ENTRIES, outdated);
  await remove(outdated);
  return { size, written };
}

async function requirePublication(reader: Reader): Promise<Publication> {
  const publication = await newestPublication(reader);
  if (publication) return publication;
  throw new LedgerError('LEDGER_NOT_PUBLISHED', 'no checkpoint is public yet');
}

interface Target {
  readonly reader: Reader;
  readonly folder: string;
  readonly size: bigint;
  readonly read: ReadTile;
}

/** Returns how many files were written, and adds to the list what the checkpoint does not need any more. */
async function exportLevel(
  { reader, folder, size, read }: Target,
  level: TileName['level'],
  outdated: string[],
): Promise<number> {
  let written = 0;
  for (const name of tilesOfLevel(size, level)) {
    const file = join(folder, formatTilePath(name));
    const isFull = name.width === TILE_HASHES;
    const partials = `${join(folder, formatTilePath({ ...name, width: TILE_HASHES }))}.p`;
    if (isFull) outdated.push(partials);
    else outdated.push(...(await otherFiles(partials, String(name.width))));
    if (await isThere(file, isFull && level !== ENTRIES ? FULL_TILE_BYTES : undefined)) continue;
    const bytes = await read(reader, name);
    if (!bytes) throw new LedgerError('LEDGER_STORAGE_DAMAGED', `${formatTilePath(name)} is not there`);
    await replace(file, bytes);
    written += 1;
  }
  return written;
}

async function otherFiles(folder: string, kept: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name !== kept).map((name) => join(folder, name));
}

async function isThere(file: string, bytes: number | undefined): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && (bytes === undefined || found.size === bytes);
}

async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

/** Under another name first: a web server never shows half a file. */
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const part = `${file}.part`;
  await writeFile(part, bytes);
  await rename(part, file);
}
