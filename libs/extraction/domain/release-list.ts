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
import type { Participation } from './participation';

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
  | {
      readonly kind: 'provider';
      readonly ownerId: PartyId;
      /** Its patients in the release. */
      readonly persons: number;
      readonly earnedMinor: bigint;
    };

/** Patients in one release from which on a provider is shown its part: as many as in a pool of its money. */
export const PROVIDER_PERSONS_MIN = 11;

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
  const participations = members.map((member, at): Participation => ({
    kind: member.kind,
    ownerId: member.ownerId,
    ...(member.kind === 'person' && { pseudonym: member.pseudonym }),
    member: { ...(proofs[at] as MemberProof), ...(leaves[at] as Opening) },
    shown: member.kind === 'person' || member.persons >= PROVIDER_PERSONS_MIN,
  }));
  return { root: base64.encode(root), participations };
}
