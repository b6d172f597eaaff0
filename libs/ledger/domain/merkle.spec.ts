import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hex, utf8, type Sha256 } from '@aceso/kernel';
import { hexOf, LEAVES, nodeSource } from '../testing/worked-log';
import { sha256 as portable } from '../testing/portable-crypto';
import { LedgerError } from './ledger.errors';
import { CompactRange, emptyRoot, joinSubtrees, leafHash, nodeHash, treeRoot, type NodeId } from './merkle';
import {
  consistencyRanges,
  inclusionRanges,
  PROOF_HASHES_MAX,
  proofHashes,
  rangeNodes,
  verifyConsistency,
  verifyInclusion,
  type ConsistencyClaim,
  type InclusionClaim,
} from './proof';
import { nodeFromTile, tileBelow, tilePosition } from './tile';

/** The native hash, since every index of every size is tried; it is compared with the portable one below. */
const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** RFC 6962 §2.1, word for word: the judge of everything below. */
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] as Uint8Array;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, n) => leafHash(utf8(`entry ${n}`), sha256));

const SIZE_MAX = 300;
const leaves = leavesOf(SIZE_MAX);
const nodes = new Map<string, Uint8Array>();
const grown = new CompactRange(sha256);
const roots = [grown.root()];
for (const leaf of leaves) {
  grown.append(leaf, ({ level, index }, hash) => nodes.set(`${level}/${index}`, hash));
  roots.push(grown.root());
}
const stored = ({ level, index }: NodeId): Uint8Array => nodes.get(`${level}/${index}`) as Uint8Array;
const root = (size: number): Uint8Array => roots[size] as Uint8Array;

const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('the tree', () => {
  it('gives the roots of the worked example', () => {
    expect(hexOf(LEAVES)[0]).toBe('f94070abfd2da0bf72902eb13a808e794f954d9e2745c682a158f6ed0d4ac036');
    const [l0, l1, l2, l3, l4] = LEAVES as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const n01 = nodeHash(l0, l1, sha256);
    const n0123 = nodeHash(n01, nodeHash(l2, l3, sha256), sha256);
    expect([0, 1, 2, 3, 4, 5].map((size) => hex.encode(treeRoot(LEAVES.slice(0, size), sha256)))).toEqual([
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      hex.encode(l0),
      '3badc80537f029e1bb77280dc85203cf2ed9748dc8f571230fcba5c326c91068',
      '2cfef7627597e00b564975774ad728ef210706759fca6d64138c6dfc1cbf2cda',
      hex.encode(n0123),
      hex.encode(nodeHash(n0123, l4, sha256)),
    ]);
    expect(hex.encode(emptyRoot(sha256))).toBe(hex.encode(joinSubtrees([], sha256)));
  });

  it('agrees with the definition at every size up to 300', () => {
    const wanted = roots.map((_, size) => hex.encode(naiveRoot(leaves.slice(0, size))));
    expect(roots.map((one) => hex.encode(one))).toEqual(wanted);
    expect(grown.size).toBe(BigInt(SIZE_MAX));
  });

  it('is the same with the functions of a browser', () => {
    const few = leaves.slice(0, 13);
    expect(hex.encode(treeRoot(few, portable))).toBe(hex.encode(treeRoot(few, sha256)));
  });

  it('leaves the original alone when a copy grows', () => {
    const original = new CompactRange(sha256);
    original.append(leaves[0] as Uint8Array);
    const copy = original.clone();
    copy.append(leaves[1] as Uint8Array);
    expect([original.size, copy.size]).toEqual([1n, 2n]);
    expect(hex.encode(original.root())).toBe(hex.encode(root(1)));
    expect(hex.encode(copy.root())).toBe(hex.encode(root(2)));
  });
});

describe('inclusion proofs', () => {
  it('verify at every index of every size up to 300', () => {
    for (let size = 1; size <= SIZE_MAX; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const proof = proofHashes(inclusionRanges(BigInt(index), BigInt(size)), stored, sha256);
        const leaf = leaves[index] as Uint8Array;
        verifyInclusion({ index: BigInt(index), size: BigInt(size), leaf, proof, root: root(size) }, sha256);
      }
    }
  });

  it('are those of the worked example', () => {
    const proofOf = (index: bigint): string[] =>
      hexOf(proofHashes(inclusionRanges(index, 5n), nodeSource(LEAVES), sha256));
    expect(proofOf(2n)).toEqual([
      'd74a2d1f2af1c1cad6c5e8a86fc869162e7d1ea01e729abff17851d10948f994',
      '3badc80537f029e1bb77280dc85203cf2ed9748dc8f571230fcba5c326c91068',
      '67cbf349d6b4e4caf430a96751ca532214414c2f8c9f7c567abbc3e52f2df391',
    ]);
    expect(proofOf(4n)).toEqual(['bd0070acbdc679a24cf44615841483fbfcc18aba00ae4dbe2a0c54af26cbd9fa']);
  });

  it.each([
    [73_894n, 109_482n, 17],
    [999_999n, 1_000_000n, 12],
    [0n, 1_000_000n, 20],
    [0n, 1_000_000_000n, 30],
    [3_000_000_000n, 5_000_000_000n, 33],
    [0n, (1n << 63n) - 1n, PROOF_HASHES_MAX],
  ])('of leaf %s in a tree of %s have %s hashes', (index, size, length) => {
    const ranges = inclusionRanges(index, size);
    expect(ranges).toHaveLength(length);
    // Beyond 2^31 only the shape can be followed: a made-up hash for each subtree, joined as the path says.
    const made = ({ level, index: at }: NodeId): Uint8Array => sha256(utf8(`${level}/${at}`));
    const proof = proofHashes(ranges, made, sha256);
    const leaf = sha256(utf8('leaf'));
    let above = leaf;
    let start = index;
    ranges.forEach((range, step) => {
      const sibling = proof[step] as Uint8Array;
      above = range.start > start ? nodeHash(above, sibling, sha256) : nodeHash(sibling, above, sha256);
      start = range.start < start ? range.start : start;
    });
    verifyInclusion({ index, size, leaf, proof, root: above }, sha256);
  });

  it('are refused after any change', () => {
    const index = fc.integer({ min: 0, max: SIZE_MAX - 1 });
    fc.assert(
      fc.property(index, index, fc.integer({ min: 1, max: 255 }), fc.nat(), (a, b, flip, where) => {
        const [at, size] = [Math.min(a, b), Math.max(a, b) + 1];
        const proof = proofHashes(inclusionRanges(BigInt(at), BigInt(size)), stored, sha256);
        const good: InclusionClaim = {
          index: BigInt(at),
          size: BigInt(size),
          leaf: leaves[at] as Uint8Array,
          proof,
          root: root(size),
        };
        const flipped = (hash: Uint8Array): Uint8Array => hash.map((v, i) => (i === where % 32 ? v ^ flip : v));
        const bad: InclusionClaim[] = [
          { ...good, leaf: flipped(good.leaf) },
          { ...good, root: flipped(good.root) },
          { ...good, proof: [...proof, good.leaf] },
          { ...good, index: good.size },
          { ...good, index: -1n },
          ...proof.map((hash, step) => ({ ...good, proof: proof.with(step, flipped(hash)) })),
          ...(proof.length > 0
            ? [
                { ...good, proof: proof.slice(1) },
                { ...good, proof: proof.slice(0, -1) },
              ]
            : []),
        ];
        for (const claim of bad) expect(() => verifyInclusion(claim, sha256)).toThrow(code('INCLUSION_PROOF_WRONG'));
      }),
      { numRuns: 200 },
    );
  });

  it('do not take a subtree for a leaf, although its path is true', () => {
    const leaf = stored({ level: 1, index: 0n });
    const proof = [stored({ level: 1, index: 1n })];
    expect(() => verifyInclusion({ index: 0n, size: 4n, leaf, proof, root: root(4) }, sha256)).toThrow(
      code('INCLUSION_PROOF_WRONG'),
    );
  });

  it.each([0, 31, 33])('do not take %s bytes for a hash, not even where leaf and root agree', (length) => {
    const [short, hash] = [new Uint8Array(length), root(1)];
    for (const [leaf, proof, top] of [
      [short, [], short],
      [hash, [short], hash],
    ] as const) {
      expect(() => verifyInclusion({ index: 0n, size: 1n, leaf, proof, root: top }, sha256)).toThrow(
        code('INCLUSION_PROOF_WRONG'),
      );
    }
  });

  it.each([
    [5n, 5n],
    [-1n, 5n],
    [0n, 0n],
  ])('do not exist for leaf %s of %s', (index, size) => {
    expect(() => inclusionRanges(index, size)).toThrow(code('TREE_POSITION_INVALID'));
  });
});

describe('consistency proofs', () => {
  const proofOf = (m: number, n: number): Uint8Array[] =>
    proofHashes(consistencyRanges(BigInt(m), BigInt(n)), stored, sha256);
  const claimOf = (m: number, n: number): ConsistencyClaim => ({
    oldSize: BigInt(m),
    oldRoot: root(m),
    newSize: BigInt(n),
    newRoot: root(n),
    proof: proofOf(m, n),
  });

  it('verify between any two sizes up to 300', () => {
    for (let n = 1; n <= SIZE_MAX; n += 1) {
      for (let m = 1; m <= n; m += 1) verifyConsistency(claimOf(m, n), sha256);
    }
  });

  it('are those of the worked example: an old size that is a power of two omits its own root', () => {
    const worked = (m: bigint): string[] => hexOf(proofHashes(consistencyRanges(m, 5n), nodeSource(LEAVES), sha256));
    const [, , l2, l3, l4] = hexOf(LEAVES);
    expect(worked(3n)).toEqual([l2, l3, '3badc80537f029e1bb77280dc85203cf2ed9748dc8f571230fcba5c326c91068', l4]);
    expect(worked(4n)).toEqual([l4]);
    expect(worked(5n)).toEqual([]);
  });

  it.each([
    ['from the empty tree', { oldSize: 0n, proof: [] }],
    ['from a larger tree', { oldSize: 8n, newSize: 7n }],
    ['between equal sizes with hashes', { oldSize: 7n, oldRoot: root(7) }],
    ['between equal sizes with two roots', { oldSize: 7n, proof: [] }],
    ['without hashes', { proof: [] }],
    ['without hashes from a power of two', { oldSize: 4n, oldRoot: root(4), proof: [] }],
    ['that is too long', { proof: [...proofOf(3, 7), root(1)] }],
    ['that is too short', { proof: proofOf(3, 7).slice(0, -1) }],
    ['with an old root that is no hash', { oldRoot: new Uint8Array() }],
    ['to another old root', { oldRoot: root(2) }],
    ['to another new root', { newRoot: root(6) }],
  ])('are refused %s', (_, change) => {
    expect(() => verifyConsistency({ ...claimOf(3, 7), ...change }, sha256)).toThrow(code('CONSISTENCY_PROOF_WRONG'));
  });

  it.each([
    [0n, 5n],
    [6n, 5n],
  ])('do not exist from %s to %s', (m, n) => {
    expect(() => consistencyRanges(m, n)).toThrow(LedgerError);
  });
});

describe('tiles', () => {
  it('give every node of a tree of 70,000 leaves from the eighth level below', () => {
    const tiles = new Map<string, Uint8Array[]>();
    const all = new Map<string, Uint8Array>();
    let misplaced = 0;
    const tree = new CompactRange(sha256);
    for (let n = 0; n < 70_000; n += 1) {
      tree.append(sha256(utf8(String(n))), (node, hash) => {
        all.set(`${node.level}/${node.index}`, hash);
        if (node.level % 8 !== 0) return;
        const { tile, offset } = tilePosition(node);
        const row = tiles.get(`${tile.level}/${tile.index}`) ?? [];
        tiles.set(`${tile.level}/${tile.index}`, row);
        if (row.push(hash) !== offset + 1) misplaced += 1;
      });
    }
    for (const node of rangeNodes({ start: 0n, end: 70_000n })) {
      const { tile } = tileBelow(node);
      const row = tiles.get(`${tile.level}/${tile.index}`) as Uint8Array[];
      const wanted = all.get(`${node.level}/${node.index}`) as Uint8Array;
      expect(hex.encode(nodeFromTile(node, Buffer.concat(row), sha256))).toBe(hex.encode(wanted));
    }
    expect(misplaced).toBe(0);
    // tlog-tiles, size 70,000: level 0 has 273 full tiles and one of 112, level 1 one full and one of 17, level 2 one hash.
    expect(tiles.get('0/273')).toHaveLength(112);
    expect(tiles.get('1/1')).toHaveLength(17);
    expect(tiles.get('2/0')).toHaveLength(1);
  });
});

it('joins neighbouring subtrees for any range that a proof names', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: SIZE_MAX }), fc.nat(), (size, pick) => {
      for (const { start, end } of inclusionRanges(BigInt(pick % size), BigInt(size))) {
        const joined = joinSubtrees(rangeNodes({ start, end }).map(stored), sha256);
        expect(hex.encode(joined)).toBe(hex.encode(naiveRoot(leaves.slice(Number(start), Number(end)))));
      }
    }),
  );
});
