import { concat, utf8, type Sha256 } from '@aceso/kernel';
import { parseHashLine } from './checkpoint';
import { verifyOpening, type Opening } from './commitment';
import type { CommittedEntry } from './entry';
import { LedgerError } from './ledger.errors';
import { CompactRange, leafHash } from './merkle';
import { inclusionRanges, proofHashes, verifyInclusion } from './proof';

/** Where a member stands in a list, and the path from its leaf to the list's root. */
export interface MemberProof {
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
}

/** One member's part (transparency-log.md 12.2): the opening of the order's entry, its own leaf and nobody else's. */
export interface MemberOpening {
  readonly opening: Opening;
  readonly member: MemberProof & Opening;
}

/** Leaf of a member: RFC 6962 leaf hash of salt 32 || payload. */
export function memberHash({ salt, payload }: Opening, sha256: Sha256): Uint8Array {
  return leafHash(concat(salt, utf8(payload)), sha256);
}

/**
 * The root over many members, which goes into the payload of one order entry, and the proof of each in the order of
 * `members`. Leaves are sorted by hash, so that a place in the list says nothing.
 */
export function buildMemberList(
  members: readonly Opening[],
  sha256: Sha256,
): { readonly root: Uint8Array; readonly proofs: readonly MemberProof[] } {
  const leaves = members.map((leaf, member) => ({ member, hash: memberHash(leaf, sha256) }));
  leaves.sort((a, b) => compareBytes(a.hash, b.hash));
  const tree = new CompactRange(sha256);
  const levels: Uint8Array[][] = [];
  for (const { hash } of leaves) {
    tree.append(hash, ({ level, index }, node) => ((levels[level] ??= [])[Number(index)] = node));
  }
  const proofs = new Array<MemberProof>(members.length);
  leaves.forEach(({ member }, index) => {
    const ranges = inclusionRanges(BigInt(index), tree.size);
    const proof = proofHashes(ranges, (node) => levels[node.level]?.[Number(node.index)] as Uint8Array, sha256);
    proofs[member] = { index, size: leaves.length, proof };
  });
  return { root: tree.root(), proofs };
}

/**
 * Checks that a member is in the list that an order's entry commits to: the opening gives the commitment, and the
 * member's leaf is under the `root` in the opened payload. That the entry is in the log is the receipt's own matter.
 * Throws OPENING_WRONG or MEMBER_PROOF_WRONG.
 */
export function verifyMember({ opening, member }: MemberOpening, entry: CommittedEntry, sha256: Sha256): void {
  verifyOpening(opening, entry.commitment, sha256);
  const claim = {
    index: BigInt(member.index),
    size: BigInt(member.size),
    leaf: memberHash(member, sha256),
    proof: member.proof,
    root: rootIn(opening.payload),
  };
  try {
    verifyInclusion(claim, sha256);
  } catch (cause) {
    throw new LedgerError('MEMBER_PROOF_WRONG', 'the member is not in the list of the entry', { cause });
  }
}

/** The `root` of a list in an opened payload, which whoever made the entry was free to choose. */
function rootIn(payload: string): Uint8Array {
  let root: unknown;
  try {
    ({ root } = JSON.parse(payload) as { root?: unknown });
  } catch {
    root = undefined; // not JSON, or null
  }
  const hash = typeof root === 'string' ? parseHashLine(root) : undefined;
  if (hash === undefined) throw new LedgerError('MEMBER_PROOF_WRONG', 'the entry commits to no list');
  return hash;
}

/** Order of byte strings of one length. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number);
}
