import { z } from 'zod';
import {
  chainedClaims,
  digestClaim,
  freeClaims,
  uuidClaim,
  type ChainClaims,
  type CommonClaims,
  type GuardianScope,
} from './claims';
import { ROLES, type Role } from './role';

/** One kind of statement: who may sign it, how long it may be valid, what it says. */
export interface StatementKind<Claims extends CommonClaims = CommonClaims> {
  readonly typ: string;
  /** Roles whose parties may sign it. */
  readonly signers: readonly Role[];
  /** Longest span between `iat` and `exp`, in seconds. */
  readonly lifetimeSecondsMax: number;
  /** True for what a party signs whose licence is suspended or revoked: what opens its reading, and what narrows. */
  readonly whileStopped?: true;
  /** Days for which such a stop holds it up, and no longer. */
  readonly heldDaysMax?: number;
  readonly claims: z.ZodType<Claims>;
  /** Which scope a guardian needs to sign it for a ward; without it no guardian does. */
  readonly guarded?: GuardianScope;
}

/** A kind whose statements carry `seq` and `prev`. */
export type ChainedKind<Claims extends CommonClaims & ChainClaims> = StatementKind<Claims> & { readonly chained: true };

export const MINUTE_SECONDS = 60;
export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 86_400;
/**
 * Longest span in which a chained act may be handed in: signing offline must not make it worthless, and once a newer
 * statement of the party was accepted no older one can be.
 */
export const YEAR_SECONDS = 366 * DAY_SECONDS;
/** Ten years with their leap days. */
export const DECADE_SECONDS = 3653 * DAY_SECONDS;

/** Makes a key a party. `invitation` is the SHA-256 of an operator's one-time code; patients need none. */
export const REGISTRATION = {
  typ: 'aceso/registration/v1',
  signers: ROLES,
  lifetimeSecondsMax: HOUR_SECONDS,
  claims: freeClaims({ role: z.enum(ROLES), invitation: digestClaim.optional() }),
} as const;

/** How a token is sent: with a proof for each request (RFC 9449), or by itself (RFC 6750). */
export const TOKEN_TYPES = ['DPoP', 'Bearer'] as const;

export type TokenType = (typeof TOKEN_TYPES)[number];

/**
 * Opens a session. `cnf.jkt` names the key that the token is bound to (RFC 7800 section 3.1, RFC 9449 section 6.1): each request proves
 * that it is at hand, unless the signer asks for a bearer token, which is whose hands it is in. `nonce` is one that the server gave:
 * nobody signs logins for times to come.
 */
export const LOGIN = {
  typ: 'aceso/login/v1',
  signers: ROLES,
  whileStopped: true,
  lifetimeSecondsMax: 5 * MINUTE_SECONDS,
  claims: freeClaims({
    cnf: z.strictObject({ jkt: z.string().regex(/^[A-Za-z0-9_-]{43}$/) }),
    tokenType: z.enum(TOKEN_TYPES).optional(),
    nonce: z.string().regex(/^[A-Za-z0-9_-]{53}[AQgw]$/),
  }),
} as const;

/** How a provider made sure that it handed the code to the right person, strongest first. */
export const EVIDENCE_LEVELS = ['in-person', 'document', 'online'] as const;

export type EvidenceLevel = (typeof EVIDENCE_LEVELS)[number];

/** A provider's half of a binding: `codeHash` is the SHA-256 of the one-time code, which works until `exp`. */
export const ATTESTATION = {
  typ: 'aceso/attestation/v1',
  signers: ['provider'],
  lifetimeSecondsMax: 90 * DAY_SECONDS,
  claims: freeClaims({ sourceRecord: uuidClaim, codeHash: digestClaim, evidence: z.enum(EVIDENCE_LEVELS) }),
} as const;

/** A patient's half of a binding: names the attestation by its digest. */
export const BINDING = {
  typ: 'aceso/binding/v1',
  signers: ['patient'],
  lifetimeSecondsMax: YEAR_SECONDS,
  chained: true,
  guarded: 'research',
  claims: chainedClaims({ attestation: digestClaim, sourceRecord: uuidClaim }),
} as const;

/** Confirms a proposed link of two source records, named in ascending order. */
export const LINK = {
  typ: 'aceso/link/v1',
  signers: ['patient'],
  lifetimeSecondsMax: YEAR_SECONDS,
  chained: true,
  claims: chainedClaims({
    sourceRecords: z.tuple([uuidClaim, uuidClaim]).refine(([first, second]) => first < second, 'two ids in order'),
  }),
} as const;

/** Ends a confirmed link: the record that `leaves` is the signer's no more, and nobody's until it is bound anew. */
export const UNLINK = {
  typ: 'aceso/unlink/v1',
  signers: ['patient'],
  lifetimeSecondsMax: YEAR_SECONDS,
  chained: true,
  claims: chainedClaims({ sourceRecords: LINK.claims.shape.sourceRecords, leaves: uuidClaim }).refine(
    ({ sourceRecords, leaves }) => sourceRecords.includes(leaves),
    'one of the two records leaves',
  ),
} as const;

/** What a patient confirms with an erasure; screens show it in the person's language. */
export const ERASURE_CONFIRMATION = 'this cannot be undone';

/**
 * Days for which a freeze of a patient holds an erasure up: whoever has the key that it suspects would erase, and the law gives
 * a month to answer (GDPR Art. 12(3)), the shortest of which has 28 days.
 */
export const ERASURE_HELD_DAYS_MAX = 28;

/**
 * Erases one source record that is bound to the signer, or (`sourceRecord` null) the whole person: every bound record, contact,
 * terms, index and account.
 */
export const ERASURE = {
  typ: 'aceso/erasure/v1',
  signers: ['patient'],
  lifetimeSecondsMax: YEAR_SECONDS,
  chained: true,
  heldDaysMax: ERASURE_HELD_DAYS_MAX,
  claims: chainedClaims({ sourceRecord: uuidClaim.nullable(), confirmation: z.literal(ERASURE_CONFIRMATION) }),
} as const;

/** Kinds that somebody who erased everything still signs: to look after receipt and money, and to ask again. */
export const KINDS_AFTER_ERASURE: readonly string[] = [LOGIN.typ, ERASURE.typ];

/** A provider takes a source record back that it joined to the wrong patient. */
export const RETRACTION = {
  typ: 'aceso/retraction/v1',
  signers: ['provider'],
  lifetimeSecondsMax: HOUR_SECONDS,
  claims: freeClaims({ sourceRecord: uuidClaim, reason: z.literal('wrong-patient') }),
} as const;

/** A provider says that a physician acts for it from now on, or no longer. */
export const MEMBERSHIP = {
  typ: 'aceso/membership/v1',
  signers: ['provider'],
  lifetimeSecondsMax: HOUR_SECONDS,
  claims: freeClaims({ physician: uuidClaim, member: z.boolean() }),
} as const;

export type RegistrationClaims = z.infer<typeof REGISTRATION.claims>;
export type LoginClaims = z.infer<typeof LOGIN.claims>;
export type AttestationClaims = z.infer<typeof ATTESTATION.claims>;
export type BindingClaims = z.infer<typeof BINDING.claims>;
export type LinkClaims = z.infer<typeof LINK.claims>;
export type UnlinkClaims = z.infer<typeof UNLINK.claims>;
export type RetractionClaims = z.infer<typeof RETRACTION.claims>;
export type ErasureClaims = z.infer<typeof ERASURE.claims>;
export type MembershipClaims = z.infer<typeof MEMBERSHIP.claims>;
