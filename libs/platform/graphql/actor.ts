import type { PartyId, PersonId } from '@aceso/kernel';

/** What a party may be here (product roles; one party has exactly one). */
export const ROLES = ['patient', 'researcher', 'provider', 'officer', 'physician'] as const;

export type Role = (typeof ROLES)[number];

/** Who acts: the party that a valid token names. */
export interface Actor {
  readonly partyId: PartyId;
  readonly role: Role;
  /** Present for patients: the person whose records the party's key may bind. */
  readonly personId?: PersonId;
  readonly did: string;
  /** Present for a party whose licence is suspended or revoked: it does what {@link WhileStopped} leaves it. */
  readonly stopped?: true;
}

/** How a token came in: what a proof that it is in the right hands has to name (RFC 9449 section 4.2). */
export interface TokenUse {
  readonly scheme: 'Bearer' | 'DPoP';
  /** The DPoP header, if there was one. */
  readonly proof: string | undefined;
  readonly method: string;
  /** Path of the request without its query. */
  readonly path: string;
}

/** Tells whose a token is. The identity context provides it; whoever is not verified is nobody. */
export abstract class TokenVerifier {
  /** The actor, or null for a token that is unknown, expired, frozen, malformed or unproven. Never throws for bad input. */
  abstract verify(token: string, use: TokenUse): Promise<Actor | null>;
}
