import { createHash } from 'node:crypto';
import { concat, hex, utf8, type Sha256 } from '@aceso/kernel';
import { ORIGIN } from '../testing/worked-log';
import { formatCheckpoint } from './checkpoint';
import { encodeEntry, encodeHeader } from './entry';
import { encodeEntryBundle } from './entry-bundle';
import { CompactRange, leafHash } from './merkle';
import { verifyConsistency, verifyInclusion } from './proof';
import { tilePosition } from './tile';
import { ENTRIES, formatTilePath, tileLevels, tilesOfLevel, type TileName } from './tile-path';
import { consistencyFromTiles, inclusionFromTiles, rootFromTiles, type TileSource } from './tile-tree';
import { auditTree } from './tree-audit';

const sha256: Sha256 = (...parts) =>
  new Uint8Array(
    createHash('sha256')
      .update(concat(...parts))
      .digest(),
  );

/** A log of blocks of these many entries, as a folder of files would hold it. */
function makeLog(counts: readonly number[]): { files: Map<string, Uint8Array>; size: bigint; roots: Uint8Array[] } {
  const tree = new CompactRange(sha256);
  const roots = [tree.root()];
  const rows = new Map<string, Uint8Array[]>();
  const entries: Uint8Array[] = [];
  const append = (entry: Uint8Array): void => {
    entries.push(entry);
    tree.append(leafHash(entry, sha256), (node, hash) => {
      if (node.level % 8 !== 0) return;
      const { level, index } = tilePosition(node).tile;
      const row = rows.get(`${level}/${index}`) ?? [];
      rows.set(`${level}/${index}`, row);
      row.push(hash);
    });
    roots.push(tree.root());
  };
  for (const [height, count] of counts.entries()) {
    const first = tree.size;
    const text = formatCheckpoint({ origin: ORIGIN, size: first, root: tree.root(), extensions: [] });
    const previous = height === 0 ? new Uint8Array(32) : sha256(utf8(text));
    append(encodeHeader({ height: BigInt(height), first, count, time: 60n, previous }));
    for (let at = 0; at < count; at += 1) {
      const random = sha256(utf8(`${height}/${at}`));
      append(encodeEntry({ kind: 'person', nonce: random.slice(16), commitment: random, subjectTag: random }));
    }
  }
  const { size } = tree;
  const files = new Map<string, Uint8Array>();
  for (let level = 0; level < tileLevels(size); level += 1) {
    for (const name of tilesOfLevel(size, level)) {
      files.set(formatTilePath(name), concat(...(rows.get(`${level}/${name.index}`) as Uint8Array[])));
    }
  }
  for (const name of tilesOfLevel(size, ENTRIES)) {
    const from = Number(name.index) * 256;
    files.set(formatTilePath(name), encodeEntryBundle(entries.slice(from, from + name.width)));
  }
  return { files, size, roots };
}

const log = makeLog([0, 255, 1, 256, 100, 70, 256, 256, 256, 256, 256, 256, 256]);

const from =
  (files: ReadonlyMap<string, Uint8Array>): TileSource =>
  async (name: TileName) => {
    const file = files.get(formatTilePath(name));
    if (!file) throw new Error(`nobody asks for ${formatTilePath(name)}`);
    return file;
  };

const tree = { size: log.size, source: from(log.files), sha256 };
const root = log.roots.at(-1) as Uint8Array;

describe('a tree that is known by its tiles', () => {
  it('has the root of its entries', async () => {
    expect(hex.encode(await rootFromTiles(tree))).toBe(hex.encode(root));
    expect(hex.encode(await rootFromTiles({ ...tree, size: 0n }))).toBe(hex.encode(sha256()));
  });

  it.each([0n, 1n, 255n, 256n, 1_000n, log.size - 1n])('proves the inclusion of leaf %s', async (index) => {
    const bundle = log.files.get(formatTilePath({ level: 0, index: index / 256n, width: widthOf(index / 256n) }));
    const leaf = (bundle as Uint8Array).slice(Number(index % 256n) * 32, Number(index % 256n) * 32 + 32);
    const proof = await inclusionFromTiles(tree, index);
    expect(() => verifyInclusion({ index, size: log.size, leaf, proof, root }, sha256)).not.toThrow();
  });

  it.each([1n, 256n, 257n, 900n, log.size])('proves that it begins with the tree of size %s', async (oldSize) => {
    const proof = await consistencyFromTiles(tree, oldSize);
    const claim = {
      oldSize,
      oldRoot: log.roots[Number(oldSize)] as Uint8Array,
      newSize: log.size,
      newRoot: root,
      proof,
    };
    expect(() => verifyConsistency(claim, sha256)).not.toThrow();
  });

  it('is refused when a tile has another length than its width says', async () => {
    const source: TileSource = async (name) => (await tree.source(name)).slice(32);
    await expect(rootFromTiles({ ...tree, source })).rejects.toMatchObject({ code: 'TILE_MALFORMED' });
  });
});

function widthOf(index: bigint): number {
  return [...tilesOfLevel(log.size, 0, index)][0]?.width as number;
}

describe('an audit', () => {
  it('reads every tile once and comes to the root', async () => {
    const asked: string[] = [];
    const seen: bigint[] = [];
    const source: TileSource = (name) => {
      asked.push(formatTilePath(name));
      return tree.source(name);
    };
    const found = await auditTree({ ...tree, source, onProgress: (leaves) => seen.push(leaves) });
    expect(hex.encode(found)).toBe(hex.encode(root));
    expect(asked.sort()).toEqual([...log.files.keys()].filter((path) => !path.includes(ENTRIES)).sort());
    expect(seen.at(-1)).toBe(log.size);
  });

  it('reads entries and blocks as well for whoever may', async () => {
    expect(hex.encode(await auditTree({ ...tree, origin: ORIGIN }))).toBe(hex.encode(root));
    expect(hex.encode(await auditTree({ ...tree, size: 0n, origin: ORIGIN }))).toBe(hex.encode(sha256()));
  });

  it('takes nine tiles as it takes eight, and full upper tiles', async () => {
    const long = makeLog(Array.from({ length: 257 }, () => 255));
    const audited = { size: long.size, source: from(long.files), sha256, origin: ORIGIN };
    expect(hex.encode(await auditTree(audited))).toBe(hex.encode(long.roots.at(-1) as Uint8Array));
  });

  const changed = (path: string, change: (bytes: Uint8Array) => Uint8Array): TileSource =>
    from(new Map([...log.files, [path, change(Uint8Array.from(log.files.get(path) as Uint8Array))]]));
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 77 ? byte ^ 1 : byte));

  it.each([
    ['an upper tile', 'tile/1/000.p/9', flipped, 'TILE_WRONG', 'tile/1/000.p/9'],
    ['a tile of leaves', 'tile/0/002', flipped, 'TILE_WRONG', 'tile/entries/002: entry 514'],
    ['an entry', 'tile/entries/002', flipped, 'TILE_WRONG', 'tile/entries/002: entry 512'],
    ['a short tile', 'tile/0/001', (bytes: Uint8Array) => bytes.slice(1), 'TILE_MALFORMED', 'tile/0/001'],
    [
      'a short bundle',
      'tile/entries/001',
      (bytes: Uint8Array) => bytes.slice(1),
      'ENTRY_BUNDLE_MALFORMED',
      'tile/entries/001',
    ],
  ])('names %s that was changed', async (_, path, change, code, named) => {
    const audit = auditTree({ ...tree, source: changed(path, change), origin: ORIGIN });
    await expect(audit).rejects.toMatchObject({ code, message: expect.stringContaining(named) });
  });

  it('without entries comes to another root where a leaf was changed and the tiles above with it', async () => {
    const source = changed('tile/0/009.p/183', flipped);
    expect(hex.encode(await auditTree({ ...tree, source }))).not.toBe(hex.encode(root));
  });
});

describe('blocks that do not chain are found by whoever may see the entries', () => {
  const header = { height: 0n, first: 0n, count: 1, time: 60n, previous: new Uint8Array(32) };
  const entry = encodeEntry({
    kind: 'order',
    nonce: new Uint8Array(16),
    commitment: new Uint8Array(32),
    subjectTag: new Uint8Array(32),
  });

  const auditOf = (entries: readonly Uint8Array[]): Promise<Uint8Array> => {
    const hashes = entries.map((bytes) => leafHash(bytes, sha256));
    const source: TileSource = async ({ level }) =>
      level === ENTRIES ? encodeEntryBundle(entries) : concat(...hashes);
    return auditTree({ size: BigInt(entries.length), source, sha256, origin: ORIGIN });
  };

  it.each([
    ['begins without a header', [entry]],
    ['has a header inside of a block', [encodeHeader(header), encodeHeader({ ...header, height: 1n, first: 1n })]],
    ['has a header of another height', [encodeHeader({ ...header, height: 1n }), entry]],
    ['has a header of another place', [encodeHeader({ ...header, first: 1n }), entry]],
    ['does not begin with zeros', [encodeHeader({ ...header, previous: sha256() }), entry]],
    ['ends inside of a block', [encodeHeader(header)]],
    [
      'has a second block after another tree',
      [encodeHeader(header), entry, encodeHeader({ ...header, height: 1n, first: 2n, count: 0 })],
    ],
    [
      'has an entry of another length',
      [encodeHeader(header), entry.slice(1)].map((bytes, at) => (at ? Uint8Array.of(1, 2) : bytes)),
    ],
  ])('%s', async (_, entries) => {
    await expect(auditOf(entries)).rejects.toMatchObject({ code: 'BLOCK_CHAIN_BROKEN' });
  });

  it('and an entry of a kind that is not known is none of their business', async () => {
    const entries = [encodeHeader(header), Uint8Array.of(1, 99)];
    await expect(auditOf(entries)).resolves.toHaveLength(32);
  });
});
