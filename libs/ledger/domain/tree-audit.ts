import { bytesEqual, utf8, type Sha256 } from '@aceso/kernel';
import { formatCheckpoint } from './checkpoint';
import { decodeEntry, type BlockHeader } from './entry';
import { decodeEntryBundle } from './entry-bundle';
import { LedgerError } from './ledger.errors';
import { CompactRange, HASH_BYTES, leafHash, type NodeId } from './merkle';
import { isTileLevel, TILE_HASHES, TILE_LEVELS } from './tile';
import { ENTRIES, formatTilePath, tilesOfLevel, type TileName } from './tile-path';
import { requireTile, type TileSource } from './tile-tree';

/** Tiles that are asked for at once. */
const TILES_AT_ONCE = 8;

/** What an auditor looks at: all tiles of a checkpoint and, where `origin` is given, its entries and blocks as well. */
export interface AuditedTree {
  readonly size: bigint;
  readonly source: TileSource;
  readonly sha256: Sha256;
  /** Name of the log: entry bundles are fetched too, and their blocks must chain. */
  readonly origin?: string;
  /** Told how many leaves were checked. */
  readonly onProgress?: (leaves: bigint) => void;
}

/**
 * Grows the whole tree from the tiles of leaf hashes and compares every other resource with it: upper tiles, and entry
 * bundles with their block headers. Returns the root, to be compared with the checkpoint's. Flat in memory. Throws
 * TILE_MALFORMED, TILE_WRONG, ENTRY_BUNDLE_MALFORMED or BLOCK_CHAIN_BROKEN, each with the path of the first bad resource.
 */
export async function auditTree(audited: AuditedTree): Promise<Uint8Array> {
  const { size, source, sha256, origin, onProgress } = audited;
  const tree = new CompactRange(sha256);
  const upper = new UpperRows();
  const blocks = origin === undefined ? undefined : new BlockChain(origin, sha256);
  for (const names of chunks(tilesOfLevel(size, 0), TILES_AT_ONCE)) {
    const tiles = await Promise.all(names.map(source));
    const bundles = blocks && (await Promise.all(names.map((name) => source({ ...name, level: ENTRIES }))));
    for (const [at, name] of names.entries()) {
      const hashes = splitTile(name, tiles[at] as Uint8Array);
      const entries = bundles && readBundle(name, bundles[at] as Uint8Array, { hashes, sha256 });
      for (const [offset, hash] of hashes.entries()) {
        if (entries) blocks?.take(entries[offset] as Uint8Array, tree, formatTilePath({ ...name, level: ENTRIES }));
        tree.append(hash, (node, subtree) => upper.add(node, subtree));
      }
      for (const full of upper.takeFull()) await compareRow(full, source);
      onProgress?.(tree.size);
    }
  }
  for (const partial of upper.takeRest()) await compareRow(partial, source);
  blocks?.end(tree.size);
  return tree.root();
}

function splitTile(name: TileName, bytes: Uint8Array): Uint8Array[] {
  const tile = requireTile(name, bytes);
  return Array.from({ length: name.width }, (_, at) => tile.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

function readBundle(
  { index, width }: TileName,
  bytes: Uint8Array,
  { hashes, sha256 }: { readonly hashes: readonly Uint8Array[]; readonly sha256: Sha256 },
): Uint8Array[] {
  const path = formatTilePath({ level: ENTRIES, index, width });
  const entries = decodeBundle(path, bytes, width);
  const wrong = entries.findIndex((entry, at) => !bytesEqual(leafHash(entry, sha256), hashes[at] as Uint8Array));
  if (wrong === -1) return entries;
  const leaf = index * BigInt(TILE_HASHES) + BigInt(wrong);
  throw new LedgerError('TILE_WRONG', `${path}: entry ${leaf} does not have the hash of its leaf`);
}

function decodeBundle(path: string, bytes: Uint8Array, width: number): Uint8Array[] {
  try {
    return decodeEntryBundle(bytes, width);
  } catch (cause) {
    const { message } = cause as Error;
    throw new LedgerError('ENTRY_BUNDLE_MALFORMED', `${path}: ${message}`, { cause });
  }
}

interface Row {
  readonly level: number;
  readonly index: bigint;
  readonly hashes: Uint8Array[];
}

async function compareRow({ level, index, hashes }: Row, source: TileSource): Promise<void> {
  const name = { level, index, width: hashes.length };
  const stored = splitTile(name, await source(name));
  if (stored.every((hash, at) => bytesEqual(hash, hashes[at] as Uint8Array))) return;
  throw new LedgerError('TILE_WRONG', `${formatTilePath(name)}: a hash is not that of the tile below`);
}

/** Upper tiles as they come out of the tiles below: one open one a level. */
class UpperRows {
  private readonly open = new Map<number, Row>();

  add({ level, index }: NodeId, hash: Uint8Array): void {
    if (level === 0 || !isTileLevel(level)) return;
    const tileLevel = level / TILE_LEVELS;
    const row = this.open.get(tileLevel) ?? { level: tileLevel, index: index / BigInt(TILE_HASHES), hashes: [] };
    row.hashes.push(hash);
    this.open.set(tileLevel, row);
  }

  takeFull(): Row[] {
    const full = [...this.open.values()].filter(({ hashes }) => hashes.length === TILE_HASHES);
    for (const { level } of full) this.open.delete(level);
    return full;
  }

  takeRest(): Row[] {
    return [...this.open.values()];
  }
}

/** Every block begins with a header that says where it stands and which checkpoint came before (section 12.1). */
class BlockChain {
  private height = 0n;
  private next = 0n;
  private previous: Uint8Array = new Uint8Array(HASH_BYTES);

  constructor(
    private readonly origin: string,
    private readonly sha256: Sha256,
  ) {}

  /** Takes the entry that follows the leaves of `tree`; `path` is where it came from. */
  take(entry: Uint8Array, tree: CompactRange, path: string): void {
    const decoded = decodeAt(path, entry);
    const isHeader = decoded.form === 'header';
    if (isHeader !== (tree.size === this.next)) {
      throw broken(path, `entry ${tree.size} is ${isHeader ? 'a block header inside of a block' : 'no block header'}`);
    }
    if (!isHeader) return;
    if (tree.size > 0n) this.previous = this.textHash(tree);
    this.follow(decoded, { first: tree.size, path });
  }

  /** The tree ends where its last block does. */
  end(size: bigint): void {
    if (size !== this.next) throw broken('checkpoint', 'the tree ends inside of a block');
  }

  private follow(header: BlockHeader, { first, path }: { first: bigint; path: string }): void {
    if (header.height !== this.height || header.first !== first) {
      throw broken(path, `the header at ${first} has another height or place`);
    }
    if (!bytesEqual(header.previous, this.previous)) {
      throw broken(path, `the header at ${first} does not chain to the checkpoint before`);
    }
    this.height += 1n;
    this.next = first + 1n + BigInt(header.count);
  }

  private textHash(tree: CompactRange): Uint8Array {
    const text = formatCheckpoint({ origin: this.origin, size: tree.size, root: tree.root(), extensions: [] });
    return this.sha256(utf8(text));
  }
}

function decodeAt(path: string, entry: Uint8Array): ReturnType<typeof decodeEntry> {
  try {
    return decodeEntry(entry);
  } catch (cause) {
    throw new LedgerError('BLOCK_CHAIN_BROKEN', `${path}: an entry of a known kind has another length`, { cause });
  }
}

function broken(path: string, why: string): LedgerError {
  return new LedgerError('BLOCK_CHAIN_BROKEN', `${path}: ${why}`);
}

function* chunks<Item>(items: Iterable<Item>, length: number): Generator<Item[]> {
  let chunk: Item[] = [];
  for (const item of items) {
    chunk.push(item);
    if (chunk.length < length) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
