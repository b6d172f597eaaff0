import {
  base64,
  canonicalJson,
  type OrderId,
  type PartyId,
  type PersonId,
  type RandomBytes,
  type Sha256,
} from '@aceso/kernel';
import { buildMemberList, SALT_BYTES, type MemberProof, type Opening } from '@aceso/ledger/domain';

/** Somebody with a part in a release: a person whose rows are in it, or a provider that is paid for it. */
export type ReleaseMember =
  | {
      readonly kind: 'person';
      readonly ownerId: PersonId;
      /** Digest of the grant that covers the rows. */
      readonly grant: string;
      readonly pseudonym: string;
      readonly earnedMinor: bigint;
    }
  | { readonly kind: 'provider'; readonly ownerId: PartyId; readonly earnedMinor: bigint };

/** What one member can later show of its own part, and nobody else's. Kept sealed. */
export interface Participation {
  readonly kind: ReleaseMember['kind'];
  readonly ownerId: PersonId | PartyId;
  /** Canonical JSON: pseudonym (of a person), leaf and path to the root. */
  readonly text: string;
}

export interface ReleaseList {
  /** Base64, as it stands in the release entry. */
  readonly root: string;
  readonly participations: readonly Participation[];
}

/**
 * One list for release and payouts (transparency-log.md 12.2): individually salted leaves, sorted by hash. A leaf names
 * the grant, never the person, and its place says nothing.
 */
export function releaseList(
  sale: { readonly orderId: OrderId; readonly currency: string },
  members: readonly ReleaseMember[],
  { sha256, randomBytes }: { readonly sha256: Sha256; readonly randomBytes: RandomBytes },
): ReleaseList {
  const leaves: Opening[] = members.map((member) => ({
    salt: randomBytes(SALT_BYTES),
    payload: canonicalJson({
      order: sale.orderId,
      role: member.kind,
      ...(member.kind === 'person' && { grant: member.grant }),
      earned: { amountMinor: String(member.earnedMinor), currency: sale.currency },
    }),
  }));
  const { root, proofs } = buildMemberList(leaves, sha256);
  const participations = members.map((member, at) =>
    participation(member, leaves[at] as Opening, proofs[at] as MemberProof),
  );
  return { root: base64.encode(root), participations };
}

function participation(
  member: ReleaseMember,
  { salt, payload }: Opening,
  { index, size, proof }: MemberProof,
): Participation {
  const text = canonicalJson({
    ...(member.kind === 'person' && { pseudonym: member.pseudonym }),
    member: { index, size, proof: proof.map((hash) => base64.encode(hash)), salt: base64.encode(salt), payload },
  });
  return { kind: member.kind, ownerId: member.ownerId, text };
}
