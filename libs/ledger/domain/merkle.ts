import type { Sha256 } from '@aceso/kernel';

/** Length of every hash in the tree, in bytes. */
export const HASH_BYTES = 32;

/** RFC 6962 §2.1: a leaf and an interior node never hash the same bytes, because their first byte differs. */
const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/** Names the full subtree over the leaves `index · 2^level … (index + 1) · 2^level - 1`. */
export interface NodeId {
  readonly level: number;
  readonly index: bigint;
}

/** RFC 6962 §2.1: MTH({}) = SHA-256(). */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256();
}

/** RFC 6962 §2.1: MTH({d}) = SHA-256(0x00 || d). */
export function leafHash(entry: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(LEAF_PREFIX, entry);
}

/** RFC 6962 §2.1: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])). */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(NODE_PREFIX, left, right);
}

/**
 * The root over neighbouring full subtrees, largest first, as every tree that is not a power of two ends:
 * the smaller ones are joined first, because k is the largest power of two below n (RFC 6962 §2.1).
 */
export function joinSubtrees(hashes: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  return hashes.length === 0 ? emptyRoot(sha256) : hashes.reduceRight((right, left) => nodeHash(left, right, sha256));
}

/** The root of a small tree whose leaf hashes are all at hand. */
export function treeRoot(leafHashes: readonly Uint8Array[], sha256: Sha256): Uint8Array {
  const tree = new CompactRange(sha256);
  for (const leaf of leafHashes) tree.append(leaf);
  return tree.root();
}

/**
 * The right edge of a tree: one hash for each full subtree, largest first. It is all that appending needs, and its
 * root is the root of the tree. A tree of n leaves keeps as many hashes as n has one-bits.
 */
export class CompactRange {
  /** @param edge hashes of the full subtrees of a tree of `size` leaves, largest first */
  constructor(
    private readonly sha256: Sha256,
    private leaves = 0n,
    private readonly edge: Uint8Array[] = [],
  ) {}

  /** Number of leaves. */
  get size(): bigint {
    return this.leaves;
  }

  /** Adds a leaf; `onNode` hears of every full subtree that it completes, the leaf itself (level 0) first. */
  append(leaf: Uint8Array, onNode?: (node: NodeId, hash: Uint8Array) => void): void {
    let hash = leaf;
    let level = 0;
    let index = this.leaves;
    onNode?.({ level, index }, hash);
    for (; index % 2n === 1n; index /= 2n) {
      hash = nodeHash(this.edge.pop() as Uint8Array, hash, this.sha256);
      level += 1;
      onNode?.({ level, index: index / 2n }, hash);
    }
    this.edge.push(hash);
    this.leaves += 1n;
  }

  /** RFC 6962 §2.1 root over all leaves so far. */
  root(): Uint8Array {
    return joinSubtrees(this.edge, this.sha256);
  }

  /** An independent copy: a batch that fails leaves the original as it was. */
  clone(): CompactRange {
    return new CompactRange(this.sha256, this.leaves, [...this.edge]);
  }
}
