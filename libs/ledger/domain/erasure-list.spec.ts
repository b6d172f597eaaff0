import { hmacSha256, sha256 } from '../testing/portable-crypto';
import { erasureList, wasErased, type ErasedEntry } from './erasure-list';
import { emptyRoot, HASH_BYTES, treeRoot } from './merkle';

const crypto = { sha256, hmacSha256 };
const seed = new Uint8Array(32).fill(7);
const erased: ErasedEntry[] = [3n, 9n, 2n ** 40n].map((index, at) => ({
  index,
  basis: at === 0 ? 'gdpr-17-1-b' : 'gdpr-17-1-a',
}));

it('tells whoever has the seed what was erased and why, and what was not', () => {
  const { leaves } = erasureList(erased, seed, crypto);
  for (const { index, basis } of erased) expect(wasErased(index, { leaves, seed }, crypto)).toBe(basis);
  expect(wasErased(4n, { leaves, seed }, crypto)).toBeUndefined();
});

it('tells nobody else', () => {
  const { leaves } = erasureList(erased, seed, crypto);
  expect(wasErased(3n, { leaves, seed: new Uint8Array(32) }, crypto)).toBeUndefined();
});

it('is one root over the leaves, whatever the order in which they went', () => {
  const { root, leaves } = erasureList(erased, seed, crypto);
  const hashes = [0, 1, 2].map((n) => leaves.slice(n * HASH_BYTES, (n + 1) * HASH_BYTES));
  expect(treeRoot(hashes, sha256)).toEqual(root);
  expect(erasureList([...erased].reverse(), seed, crypto)).toEqual({ root, leaves });
});

it('of nothing is the empty tree', () => {
  expect(erasureList([], seed, crypto)).toEqual({ root: emptyRoot(sha256), leaves: new Uint8Array() });
});
