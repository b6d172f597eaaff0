import type { PartyId, PersonId } from '@aceso/kernel';

/** What a party may be here (product roles; one party has exactly one). */
export const ROLES = ['patient', 'researcher', 'provider', 'officer', 'physician'] as const;

export type Role = (typeof ROLES)[number];

/** Who acts: the party that a valid bearer token names. */
export interface Actor {
  readonly partyId: PartyId;
  readonly role: Role;
  /** Present for patients: the person whose records the party's key may bind. */
  readonly personId?: PersonId;
  readonly did: string;
}

/** Tells whose a bearer token is. The identity context provides it; whoever is not verified is nobody. */
export abstract class TokenVerifier {
  /** The actor, or null for a token that is unknown, expired, frozen or malformed. Never throws for bad input. */
  abstract verify(token: string): Promise<Actor | null>;
}
