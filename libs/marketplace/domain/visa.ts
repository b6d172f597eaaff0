import { z } from 'zod';
import { MarketplaceError } from './marketplace.errors';

/** Longest visa that is read, in bytes. */
export const VISA_BYTES_MAX = 16_384;
/** Clocks of others may go before ours by so much. */
export const VISA_CLOCK_SKEW_SECONDS = 60;
/** How old an assertion may be unless the operator says otherwise: 365 days. */
export const VISA_ASSERTED_SECONDS_MAX = 31_536_000;

/** Visa types of GA4GH Passport v1.2. */
export const VISA_TYPES = [
  'AffiliationAndRole',
  'AcceptedTermsAndPolicies',
  'ResearcherStatus',
  'ControlledAccessGrants',
  'LinkedIdentities',
] as const;
export type VisaType = (typeof VISA_TYPES)[number];

/** RS256 and ES256: all that AAI OpenID Connect profile 1.2 allows. */
export const VISA_ALGORITHMS: readonly string[] = ['RS256', 'ES256'];
/** Media types of a visa; `JWT` is that of version 1.0. An access token (`at+jwt`) says nothing by itself. */
const MEDIA_TYPES: readonly unknown[] = ['vnd.ga4gh.visa+jwt', 'JWT', undefined];

const seconds = z.int().min(0).max(253_402_300_799);
const text = z.string().min(1).max(255);
const claimsShape = z.object({
  iss: text,
  sub: text,
  iat: seconds,
  exp: seconds,
  scope: z.string().optional(),
  ga4gh_visa_v1: z.object({
    type: text,
    asserted: seconds,
    value: z.string().min(1).max(4_096),
    source: text,
    by: z.enum(['self', 'peer', 'system', 'so', 'dac']).optional(),
    conditions: z.unknown().optional(),
  }),
});

/** Whom an issuer means: `sub` alone is nobody. */
export interface VisaIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** What a visa says, once its signature and its times hold. */
export interface Visa extends VisaIdentity {
  readonly type: VisaType;
  readonly value: string;
  readonly source: string;
  readonly by: string | null;
  readonly asserted: number;
  /** Until when it counts: its `exp`, or its assertion and the longest age, whichever is first. In seconds. */
  readonly until: number;
}

export interface VisaQuestion {
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly now: number;
  readonly assertedSecondsMax: number;
}

/** Header of a visa, before anything is believed. Throws VISA_MALFORMED, VISA_WRONG_KIND or VISA_ALGORITHM_REFUSED. */
export function readVisaHeader(header: { readonly [name: string]: unknown }): { readonly jku: string | null } {
  if (!MEDIA_TYPES.includes(header.typ))
    throw new MarketplaceError('VISA_WRONG_KIND', 'the token is no visa by its typ');
  if (typeof header.alg !== 'string' || !VISA_ALGORITHMS.includes(header.alg)) {
    throw new MarketplaceError('VISA_ALGORITHM_REFUSED', `a visa is signed with ${VISA_ALGORITHMS.join(' or ')}`);
  }
  if (header.jku !== undefined && typeof header.jku !== 'string') {
    throw new MarketplaceError('VISA_MALFORMED', 'jku of the header is an address');
  }
  return { jku: header.jku ?? null };
}

/**
 * Judges the claims of a visa whose signature holds (GA4GH Passport 1.2, Visa Format and Visa Expiry). Throws VISA_MALFORMED,
 * VISA_WRONG_KIND, VISA_EXPIRED, VISA_ASSERTED_TOO_OLD, VISA_NOT_YET_VALID, VISA_CONDITIONAL.
 */
export function readVisa(claims: unknown, { now, assertedSecondsMax }: VisaQuestion): Visa {
  const parsed = claimsShape.safeParse(claims);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MarketplaceError(
      'VISA_MALFORMED',
      `a claim of the visa is missing or wrong: ${issue?.path.join('.') ?? ''}`,
    );
  }
  const { iss, sub, iat, exp, scope, ga4gh_visa_v1: said } = parsed.data;
  if (scope?.split(' ').includes('openid'))
    throw new MarketplaceError('VISA_WRONG_KIND', 'an access token must be asked about elsewhere');
  const type = VISA_TYPES.find((each) => each === said.type);
  if (!type) throw new MarketplaceError('VISA_WRONG_KIND', 'the visa is of no type of Passport 1.2');
  if (type === 'ControlledAccessGrants' && !said.by)
    throw new MarketplaceError('VISA_MALFORMED', 'a grant says by whom it was made');
  if (said.conditions !== undefined)
    throw new MarketplaceError('VISA_CONDITIONAL', 'conditions of visas are not checked here, so none counts');
  if (exp <= now) throw new MarketplaceError('VISA_EXPIRED', 'the visa has expired');
  if (Math.max(iat, said.asserted) > now + VISA_CLOCK_SKEW_SECONDS) {
    throw new MarketplaceError('VISA_NOT_YET_VALID', 'the visa was made or asserted in the future');
  }
  const oldest = said.asserted + assertedSecondsMax;
  if (oldest <= now)
    throw new MarketplaceError('VISA_ASSERTED_TOO_OLD', 'the assertion is too old, whatever its expiry says');
  const { value, source, by, asserted } = said;
  return { issuer: iss, subject: sub, type, value, source, by: by ?? null, asserted, until: Math.min(exp, oldest) };
}

/**
 * Refuses visas that are not of one and the same person: each names the person asked about, or an identity that a
 * LinkedIdentities visa among them joins to it (Passport 1.2, LinkedIdentities). Throws VISA_OTHER_SUBJECT.
 */
export function requireSamePerson(visas: readonly Visa[], person: VisaIdentity): void {
  const known = new Set([nameOf(person)]);
  const links = visas
    .filter(({ type }) => type === 'LinkedIdentities')
    .map((visa) => [visa, ...linkedBy(visa)].map(nameOf));
  for (let size = 0; size < known.size;) {
    size = known.size;
    for (const names of links) if (names.some((name) => known.has(name))) names.forEach((name) => known.add(name));
  }
  if (visas.some((visa) => !known.has(nameOf(visa)))) {
    throw new MarketplaceError('VISA_OTHER_SUBJECT', 'a visa is about another person, and no visa links the two');
  }
}

/** `sub,iss;sub,iss`, each part percent-encoded. */
function linkedBy({ value }: Visa): VisaIdentity[] {
  return value.split(';').map((pair) => {
    const [subject, issuer, ...more] = pair.split(',').map(decoded);
    if (!subject || !issuer || more.length > 0)
      throw new MarketplaceError('VISA_MALFORMED', 'linked identities are sub,iss;sub,iss');
    return { subject, issuer };
  });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new MarketplaceError('VISA_MALFORMED', 'linked identities are percent-encoded');
  }
}

function nameOf({ issuer, subject }: VisaIdentity): string {
  return JSON.stringify([issuer, subject]);
}
