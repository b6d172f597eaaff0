import { canonicalJson, concat, hex, u64, utf8, type HmacSha256, type Sha256 } from '@aceso/kernel';
import type { Opening } from './commitment';
import { compareBytes, memberHash } from './member-list';
import { HASH_BYTES, treeRoot } from './merkle';

/** Why openings were erased: the letters of GDPR Art. 17(1). */
export const LEGAL_BASES = [
  'gdpr-17-1-a', // no longer necessary, also: its stated period is over
  'gdpr-17-1-b', // consent was withdrawn
  'gdpr-17-1-c', // the person objected
  'gdpr-17-1-d', // unlawfully processed
  'gdpr-17-1-e', // a law demands it
  'gdpr-17-1-f', // collected from a child
] as const;
export type LegalBasis = (typeof LEGAL_BASES)[number];

/** An entry whose opening went, and why. */
export interface ErasedEntry {
  readonly index: bigint;
  readonly basis: LegalBasis;
}

/** What stays of an erasure: hashes that say nothing to whoever has no seed. */
export interface ErasureList {
  /** RFC 6962 root over the leaves; it stands in the payload of the erasure's entry. */
  readonly root: Uint8Array;
  /** Leaf hashes side by side, sorted: a place says nothing. */
  readonly leaves: Uint8Array;
}

/** The functions that the list is made with. */
interface ListCrypto {
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
}

const LEAF_DOMAIN = utf8('aceso/erased/v1\0');
const SUBJECTS_DOMAIN = utf8('aceso/erased-subjects/v1\0');

/** transparency-log.md 12.3: a salted root over what was erased. One seed gives every leaf a salt of its own. */
export function erasureList(erased: readonly ErasedEntry[], seed: Uint8Array, crypto: ListCrypto): ErasureList {
  const leaves = erased.map((entry) => leafOf(entry, seed, crypto)).sort(compareBytes);
  return { root: treeRoot(leaves, crypto.sha256), leaves: concat(...leaves) };
}

/** Why an entry was erased by the erasure that this list belongs to; undefined when it was not. */
export function wasErased(
  index: bigint,
  { leaves, seed }: Pick<ErasureList, 'leaves'> & { readonly seed: Uint8Array },
  crypto: ListCrypto,
): LegalBasis | undefined {
  const known = new Set<string>();
  for (let at = 0; at < leaves.length; at += HASH_BYTES) known.add(hex.encode(leaves.slice(at, at + HASH_BYTES)));
  return LEGAL_BASES.find((basis) => known.has(hex.encode(leafOf({ index, basis }, seed, crypto))));
}

/** Commits to whom an erasure erased (UUIDs as text), in any order; it says nothing without the seed. */
export function erasedSubjects(subjectIds: readonly string[], seed: Uint8Array, hmacSha256: HmacSha256): Uint8Array {
  return hmacSha256(seed, SUBJECTS_DOMAIN, utf8([...subjectIds].sort().join('')));
}

/** A leaf as in the list of a release: hash of salt 32 || payload. */
function leafOf({ index, basis }: ErasedEntry, seed: Uint8Array, { sha256, hmacSha256 }: ListCrypto): Uint8Array {
  const salt = hmacSha256(seed, LEAF_DOMAIN, u64(index));
  const leaf: Opening = { salt, payload: canonicalJson({ basis, index: String(index) }) };
  return memberHash(leaf, sha256);
}
