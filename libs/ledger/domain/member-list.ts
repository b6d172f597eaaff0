import { base64, canonicalJson, concat, fromUtf8, utf8, type Sha256 } from '@aceso/kernel';
import { parseHashLine } from './checkpoint';
import { verifyOpening, type Opening } from './commitment';
import type { CommittedEntry } from './entry';
import { LedgerError } from './ledger.errors';
import { CompactRange, leafHash } from './merkle';
import { inclusionRanges, PROOF_HASHES_MAX, proofHashes, verifyInclusion } from './proof';

/** Where a member stands in a list, and the path from its leaf to the list's root. */
export interface MemberProof {
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
}

/**
 * The `extra` line of one member's receipt (transparency-log.md 12.2): the opening of the order's entry and the
 * member's own leaf. Nothing in it names another member.
 */
export interface MemberExtra {
  readonly opening: Opening;
  readonly member: MemberProof & Opening;
}

/** Leaf of a member: RFC 6962 leaf hash of salt 32 || payload. */
function memberHash({ salt, payload }: Opening, sha256: Sha256): Uint8Array {
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

/** Canonical JSON of the `extra` line: `{v:1, opening:{salt, payload}, member:{index, size, proof[], salt, payload}}`. */
export function encodeMemberExtra({ opening, member }: MemberExtra): Uint8Array {
  const { index, size, proof } = member;
  return utf8(
    canonicalJson({
      v: 1,
      opening: encodeOpening(opening),
      member: { index, size, proof: proof.map((hash) => base64.encode(hash)), ...encodeOpening(member) },
    }),
  );
}

function encodeOpening({ salt, payload }: Opening): { salt: string; payload: string } {
  return { salt: base64.encode(salt), payload };
}

/** Reads an `extra` line that a stranger wrote. Throws MEMBER_PROOF_MALFORMED. */
export function decodeMemberExtra(extra: Uint8Array): MemberExtra {
  const { v, opening, member } = record(parseJson(extra));
  if (v !== 1) throw malformed('the version is not 1');
  const { index, size, proof, salt, payload } = record(member);
  if (!Array.isArray(proof) || proof.length > PROOF_HASHES_MAX) throw malformed('the path is no list of hashes');
  return {
    opening: decodeOpening(record(opening)),
    member: {
      index: wholeNumber(index),
      size: wholeNumber(size),
      proof: proof.map(hashOf),
      ...decodeOpening({ salt, payload }),
    },
  };
}

/**
 * Checks that a member is in the list that an order's entry commits to: the opening gives the commitment, and the
 * member's leaf is under the `root` in the opened payload. That the entry is in the log is the receipt's own matter.
 * Throws OPENING_WRONG or MEMBER_PROOF_WRONG.
 */
export function verifyMember(extra: MemberExtra, entry: CommittedEntry, sha256: Sha256): void {
  const { opening, member } = extra;
  verifyOpening(opening, entry.commitment, sha256);
  const { root } = record(parseJson(utf8(opening.payload)));
  const claim = {
    index: BigInt(member.index),
    size: BigInt(member.size),
    leaf: memberHash(member, sha256),
    proof: member.proof,
    root: hashOf(root),
  };
  try {
    verifyInclusion(claim, sha256);
  } catch (cause) {
    throw new LedgerError('MEMBER_PROOF_WRONG', 'the member is not in the list of the entry', { cause });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw malformed('an object is missing');
  return value as Record<string, unknown>;
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed('index and size are whole numbers');
  return value as number;
}

function hashOf(value: unknown): Uint8Array {
  const hash = typeof value === 'string' ? parseHashLine(value) : undefined;
  if (hash === undefined) throw malformed('a hash is no base64 of 32 bytes');
  return hash;
}

function decodeOpening({ salt, payload }: Record<string, unknown>): Opening {
  if (typeof payload !== 'string') throw malformed('a payload is a text');
  // A salt is as long as a hash, so the same reader serves.
  return { salt: hashOf(salt), payload };
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number);
}

function malformed(why: string, cause?: unknown): LedgerError {
  return new LedgerError('MEMBER_PROOF_MALFORMED', `member proof: ${why}`, { cause });
}
