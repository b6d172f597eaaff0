import { bytesEqual, type Sha256 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { HASH_BYTES, joinSubtrees, nodeHash, type NodeId } from './merkle';

/** No path in a tree below 2^63 leaves is longer (tlog-witness allows as many lines of a consistency proof). */
export const PROOF_HASHES_MAX = 63;

/** The leaves `start … end - 1`. */
export interface LeafRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Gives the hash of a full subtree that the tree holds. */
export type NodeSource = (node: NodeId) => Uint8Array;

/** The largest power of two strictly less than n, for n > 1: the k of RFC 6962 §2.1. */
function splitPoint(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}

/**
 * The subtrees whose roots are the inclusion proof of leaf `index` in a tree of `size` leaves, the leaf's sibling
 * first: PATH(m, D[n]) of RFC 6962 §2.1.1, from the root down and then turned round.
 */
export function inclusionRanges(index: bigint, size: bigint): LeafRange[] {
  if (index < 0n || index >= size) {
    throw new LedgerError('TREE_POSITION_INVALID', `no leaf ${index} in a tree of ${size}`);
  }
  const ranges: LeafRange[] = [];
  let [start, end] = [0n, size];
  while (end - start > 1n) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/**
 * The subtrees whose roots are the consistency proof from size m to size n: SUBPROOF(m, D[n], true) of
 * RFC 6962 §2.1.2. A proof from the empty tree says nothing and is refused.
 */
export function consistencyRanges(m: bigint, n: bigint): LeafRange[] {
  if (m < 1n || m > n) {
    throw new LedgerError('TREE_POSITION_INVALID', `no consistency proof from size ${m} to size ${n}`);
  }
  const ranges: LeafRange[] = [];
  let [start, end] = [0n, n];
  while (end !== m) {
    const middle = start + splitPoint(end - start);
    if (m <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // The old tree is a subtree of the new one when m is reached at the left edge; its root is then known (b = true).
  if (start !== 0n) ranges.push({ start, end });
  return ranges.reverse();
}

/**
 * The full subtrees that a range of the tree consists of, largest first. The range is one that the two functions
 * above give, or `0 … size` for the whole tree.
 */
export function rangeNodes({ start, end }: LeafRange): NodeId[] {
  const nodes: NodeId[] = [];
  for (let at = start; at < end;) {
    const level = (end - at).toString(2).length - 1;
    nodes.push({ level, index: at >> BigInt(level) });
    at += 1n << BigInt(level);
  }
  return nodes;
}

/** One hash for each range: the proof itself. */
export function proofHashes(ranges: readonly LeafRange[], source: NodeSource, sha256: Sha256): Uint8Array[] {
  return ranges.map((range) => joinSubtrees(rangeNodes(range).map(source), sha256));
}

/** What an inclusion proof claims. */
export interface InclusionClaim {
  readonly index: bigint;
  readonly size: bigint;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** RFC 9162 §2.1.3.2. Throws INCLUSION_PROOF_WRONG unless the path leads from the leaf hash to the root. */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim, sha256: Sha256): void {
  if (index < 0n || index >= size) throw new LedgerError('INCLUSION_PROOF_WRONG', 'the index is not below the size');
  if (![leaf, root, ...proof].every(isHash)) throw new LedgerError('INCLUSION_PROOF_WRONG', 'a hash has 32 bytes');
  let fn = index;
  let sn = size - 1n;
  let r = leaf;
  for (const p of proof) {
    if (sn === 0n) throw new LedgerError('INCLUSION_PROOF_WRONG', 'the path is too long');
    if (fn % 2n === 1n || fn === sn) {
      r = nodeHash(p, r, sha256);
      [fn, sn] = skipMissingLevels(fn, sn);
    } else {
      r = nodeHash(r, p, sha256);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new LedgerError('INCLUSION_PROOF_WRONG', 'the path is too short');
  if (!bytesEqual(r, root)) throw new LedgerError('INCLUSION_PROOF_WRONG', 'the path does not lead to the root');
}

/** What a consistency proof claims: the tree of `newSize` begins with the tree of `oldSize`. */
export interface ConsistencyClaim {
  readonly oldSize: bigint;
  readonly oldRoot: Uint8Array;
  readonly newSize: bigint;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * RFC 9162 §2.1.4.2. Throws CONSISTENCY_PROOF_WRONG unless the old tree is a prefix of the new one. Old size 0 is
 * refused (as RFC 9162 has 0 < m): a witness, which may start there, looks at it before it calls this.
 */
export function verifyConsistency(claim: ConsistencyClaim, sha256: Sha256): void {
  const { oldSize, oldRoot, newSize, newRoot, proof } = claim;
  if (oldSize < 1n || oldSize > newSize) throw inconsistent('the old size is 0 or above the new size');
  if (oldSize === newSize) {
    if (proof.length > 0) throw inconsistent('equal sizes need no proof');
    if (!bytesEqual(oldRoot, newRoot)) throw inconsistent('two roots for one size');
    return;
  }
  if (![oldRoot, newRoot, ...proof].every(isHash)) throw inconsistent('a hash has 32 bytes');
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined || proof.length === 0) throw inconsistent('the proof is empty');
  let [fn, sn] = [oldSize - 1n, newSize - 1n];
  for (; fn % 2n === 1n; fn >>= 1n) sn >>= 1n;
  let [fr, sr] = [first, first];
  for (const c of rest) {
    if (sn === 0n) throw inconsistent('the proof is too long');
    if (fn % 2n === 1n || fn === sn) {
      fr = nodeHash(c, fr, sha256);
      sr = nodeHash(c, sr, sha256);
      [fn, sn] = skipMissingLevels(fn, sn);
    } else {
      sr = nodeHash(sr, c, sha256);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw inconsistent('the proof is too short');
  if (!bytesEqual(fr, oldRoot)) throw inconsistent('the proof does not lead to the old root');
  if (!bytesEqual(sr, newRoot)) throw inconsistent('the proof does not lead to the new root');
}

/** A node on the right edge has no sibling on some levels: they are passed over until the node is a right child. */
function skipMissingLevels(fn: bigint, sn: bigint): [bigint, bigint] {
  while (fn % 2n === 0n && fn !== 0n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  return [fn, sn];
}

/** Of a tree of one leaf the leaf is the root: without this a made-up text would prove itself. */
function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

function isPowerOfTwo(size: bigint): boolean {
  return (size & (size - 1n)) === 0n;
}

function inconsistent(why: string): LedgerError {
  return new LedgerError('CONSISTENCY_PROOF_WRONG', why);
}
