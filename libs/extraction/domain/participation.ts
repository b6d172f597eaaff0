import { base64, canonicalJson, type PartyId, type PersonId } from '@aceso/kernel';
import type { MemberProof, Opening } from '@aceso/ledger/domain';
import { z } from 'zod';

/**
 * What one member can later show of its own part in a release, and nobody else's: its leaf and path, and of a person the
 * pseudonym. Kept sealed.
 */
export interface Participation {
  readonly kind: 'person' | 'provider';
  readonly ownerId: PersonId | PartyId;
  readonly pseudonym?: string;
  readonly member: MemberProof & Opening;
  /**
   * Whether its owner is shown it. Of a provider only where so many of its patients are in the release that its share says
   * nothing of one of them (privacy-and-keys section 9).
   */
  readonly shown: boolean;
}

const OpeningText = { salt: z.string(), payload: z.string() };
const Text = z.object({
  pseudonym: z.string().optional(),
  opening: z.strictObject(OpeningText),
  member: z.strictObject({ index: z.int(), size: z.int(), proof: z.array(z.string()), ...OpeningText }),
});

/** Canonical JSON of a part together with the opening of the release's entry, which holds the root. */
export function participationText({ pseudonym, member }: Participation, opening: Opening): string {
  const { index, size, proof } = member;
  return canonicalJson({
    pseudonym,
    opening: openingText(opening),
    member: { index, size, proof: proof.map((hash) => base64.encode(hash)), ...openingText(member) },
  });
}

/** What {@link participationText} keeps; the pseudonym is a person's alone. */
export function parseParticipation(text: string): {
  readonly pseudonym?: string;
  readonly opening: Opening;
  readonly member: MemberProof & Opening;
} {
  const { pseudonym, opening, member } = Text.parse(JSON.parse(text));
  return {
    ...(pseudonym !== undefined && { pseudonym }),
    opening: readOpening(opening),
    member: { ...member, proof: member.proof.map((hash) => base64.decode(hash)), ...readOpening(member) },
  };
}

function openingText({ salt, payload }: Opening): { salt: string; payload: string } {
  return { salt: base64.encode(salt), payload };
}

function readOpening({ salt, payload }: { salt: string; payload: string }): Opening {
  return { salt: base64.decode(salt), payload };
}
