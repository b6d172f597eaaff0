import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex, utf8 } from '@aceso/kernel';
import {
  decodeEntryBundle,
  encodeEntryBundle,
  ENTRIES,
  formatTilePath,
  leafHash,
  parseCheckpoint,
  parseNote,
  parseTilePath,
  parseVerifierKey,
  rootFromTiles,
  TILE_HASHES,
  tilesOfLevel,
  tileWidth,
  treeRoot,
  verifyNote,
  type TileName,
} from '@aceso/ledger/domain';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { expectSame, filesBelow, readJson, runCase } from './ledger.case';
import type { ConformanceCase } from './suite';

interface TileLogKeys {
  readonly vkey: string;
  readonly origin: string;
  readonly entries: readonly string[];
}

/** A log that Tessera wrote: one checkpoint a size, tiles of leaf hashes, bundles of entries. */
export function* tileLogCases(folder: string): Generator<ConformanceCase> {
  const file = readJson<TileLogKeys>(folder, 'tessera-log.keys.json');
  if (!file) return;
  const entries = file.entries.map((entry) => utf8(entry));
  const leaves = entries.map((entry) => leafHash(entry, sha256));
  const log = join(folder, 'tessera-log');
  for (const name of filesBelow(log).filter((path) => path.startsWith('checkpoint'))) {
    yield runCase(`tessera ${name}`, () => {
      const note = parseNote(readFileSync(join(log, name)));
      expectSame(verifyNote(note, [parseVerifierKey(file.vkey, sha256)], { verifyEd25519 }).length, 1, 'signatures');
      const { origin, size, root } = parseCheckpoint(note.text);
      expectSame(origin, file.origin, 'origin');
      expectSame(hex.encode(root), hex.encode(treeRoot(leaves.slice(0, Number(size)), sha256)), 'root');
    });
  }
  yield* tileFileCases('tessera', log, entries);
}

/** Every tile and bundle below a folder, made again from the entries of the log. */
export function* tileFileCases(
  log: string,
  folder: string,
  entries: readonly Uint8Array[],
): Generator<ConformanceCase> {
  const leaves = entries.map((entry) => leafHash(entry, sha256));
  for (const path of filesBelow(folder).filter((name) => name.startsWith('tile/'))) {
    yield runCase(`${log} ${path}`, () => {
      const name = parseTilePath(path);
      expectSame(formatTilePath(name), path, 'path');
      const bytes = readFileSync(join(folder, path));
      const first = Number(name.index) * TILE_HASHES;
      if (name.level === ENTRIES) {
        const own = entries.slice(first, first + name.width);
        expectSame(bytes.toString('hex'), hex.encode(encodeEntryBundle(own)), 'bundle');
        expectSame(decodeEntryBundle(bytes, name.width).map(hex.encode), own.map(hex.encode), 'entries');
      } else {
        expectSame(bytes.toString('hex'), hex.encode(hashesOf(name, leaves)), 'hashes');
      }
    });
  }
}

/** The hashes of a tile by plain recursion over the leaves. */
function hashesOf({ level, index, width }: TileName, leaves: readonly Uint8Array[]): Uint8Array {
  const span = TILE_HASHES ** Number(level);
  const first = Number(index) * TILE_HASHES;
  return Buffer.concat(
    Array.from({ length: width }, (_, at) =>
      treeRoot(leaves.slice((first + at) * span, (first + at + 1) * span), sha256),
    ),
  );
}

/** The root of each size from its lowest tiles alone, as somebody without the entries computes it. */
export async function* tileRootCases(folder: string): AsyncGenerator<ConformanceCase> {
  const file = readJson<TileLogKeys>(folder, 'tessera-log.keys.json');
  const log = join(folder, 'tessera-log');
  for (const name of file ? filesBelow(log).filter((path) => path.startsWith('checkpoint')) : []) {
    const { size, root } = parseCheckpoint(parseNote(readFileSync(join(log, name))).text);
    const source = async (tile: TileName): Promise<Uint8Array> => readFileSync(join(log, formatTilePath(tile)));
    const found = await rootFromTiles({ size, source, sha256 }).catch((error: Error) => error);
    yield runCase(`tessera root of ${name} from tiles`, () => {
      if (found instanceof Error) throw found;
      expectSame(hex.encode(found), hex.encode(root), 'root');
    });
  }
}

interface PathFile {
  readonly entries: readonly { readonly entryIndex: number; readonly treeSize: number; readonly path: string }[];
  readonly tiles: readonly {
    readonly level: number;
    readonly index: number;
    /** 0 stands for a full tile. */
    readonly partialWidth: number;
    readonly path: string;
  }[];
  readonly spec_index_example?: { readonly index: number; readonly path: string };
  readonly [other: string]: unknown;
}

/** Paths of tiles and bundles, and the tiles that a size needs. */
export function* tilePathCases(folder: string): Generator<ConformanceCase> {
  const file = readJson<PathFile>(folder, 'paths.json');
  if (!file) return;
  for (const { entryIndex, treeSize, path } of file.entries) {
    const index = BigInt(entryIndex) / BigInt(TILE_HASHES);
    const width = tileWidth(BigInt(treeSize), { level: ENTRIES, index });
    yield pathCase(`entry ${entryIndex} of ${treeSize}`, { level: ENTRIES, index, width }, path);
  }
  for (const { level, index, partialWidth, path } of file.tiles) {
    const name = { level, index: BigInt(index), width: partialWidth || TILE_HASHES };
    yield pathCase(`level ${level}, index ${index}, width ${partialWidth}`, name, path);
  }
  if (file.spec_index_example) {
    const { index, path } = file.spec_index_example;
    yield pathCase(`index ${index}`, { level: 0, index: BigInt(index), width: TILE_HASHES }, `tile/0/${path}`);
  }
  for (const [name, widths] of Object.entries(file)) {
    const size = /^spec_size_([0-9]+)$/.exec(name)?.[1];
    if (size !== undefined) yield* widthCases(BigInt(size), widths as Readonly<Record<string, number>>);
  }
}

function pathCase(what: string, name: TileName, path: string): ConformanceCase {
  return runCase(`tile path of ${what}`, () => {
    expectSame(formatTilePath(name), path, 'path');
    expectSame(formatTilePath(parseTilePath(path)), path, 'read again');
  });
}

/** `level<L>_full` counts the full tiles of a level, `level<L>_partial_width` is the width of its partial one. */
function* widthCases(size: bigint, widths: Readonly<Record<string, number>>): Generator<ConformanceCase> {
  for (const [what, expected] of Object.entries(widths)) {
    const [, level, kind] = /^level([0-9]+)_(full|partial_width)$/.exec(what) ?? [];
    yield runCase(`tiles of size ${size}: ${what}`, () => {
      const tiles = [...tilesOfLevel(size, Number(level))];
      const full = tiles.filter(({ width }) => width === TILE_HASHES);
      const partial = tiles.find(({ width }) => width < TILE_HASHES)?.width ?? 0;
      expectSame(kind === 'full' ? full.length : partial, expected, what);
    });
  }
}
