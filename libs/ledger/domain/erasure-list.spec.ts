import { hmacSha256, sha256 } from '../testing/portable-crypto';
import { erasedSubjects, erasureList, wasErased, type ErasedEntry } from './erasure-list';
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

it('commits to whom it erased, in any order', () => {
  const subjects = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
  const committed = erasedSubjects(subjects, seed, hmacSha256);
  expect(erasedSubjects([...subjects].reverse(), seed, hmacSha256)).toEqual(committed);
  expect(erasedSubjects(subjects.slice(1), seed, hmacSha256)).not.toEqual(committed);
  expect(erasedSubjects(subjects, new Uint8Array(32), hmacSha256)).not.toEqual(committed);
});
