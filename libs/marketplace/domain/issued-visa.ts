import type { OrderId, PartyId } from '@aceso/kernel';
import { MarketplaceError } from './marketplace.errors';
import { VISA_ASSERTED_SECONDS_MAX } from './visa';

/** How long a visa lives. It cannot be called back, so a freeze bites after this time at the latest. */
export const VISA_LIFETIME_SECONDS = 3_600;
/** Visas of one party that live at the same time, at most. */
export const VISAS_LIVE_MAX = 100;
/** Media type in the header (GA4GH AAI OpenID Connect profile 1.2, Visa). */
export const VISA_MEDIA_TYPE = 'vnd.ga4gh.visa+jwt';
/** Where the instance's key set is, below its public address: `jku` of every visa that it issues. */
export const VISA_KEYS_PATH = '/visas/jwks.json';
/** What the status of a researcher means here, below the public address. */
const STATUS_PATH = '/docs/visas.md#researcher-status';

/** Types of Passport 1.2 that the instance itself can answer for. */
export const ISSUED_VISA_TYPES = ['ResearcherStatus', 'AffiliationAndRole', 'ControlledAccessGrants'] as const;
export type IssuedVisaType = (typeof ISSUED_VISA_TYPES)[number];

/** What is so at the moment of issuing, as it was read; null for what is not. Of the party itself it is known that it may act. */
export type VisaFacts =
  | { readonly type: 'ResearcherStatus' }
  | {
      readonly type: 'AffiliationAndRole';
      readonly affiliation: { readonly id: string; readonly with: PartyId } | null;
    }
  | {
      readonly type: 'ControlledAccessGrants';
      readonly permit: { readonly orderId: OrderId; readonly grantedAt: Date; readonly endsAt: Date } | null;
    };

/** Who issues to whom. */
export interface VisaFrame {
  /** Public address of the instance, without a last slash. */
  readonly issuer: string;
  readonly subject: PartyId;
  readonly jti: string;
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly now: number;
  /** Visas of the party that live now. */
  readonly live: number;
}

/** Claims of a visa (GA4GH Passport 1.2, Visa Format). */
export interface VisaClaims {
  readonly iss: string;
  readonly sub: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly ga4gh_visa_v1: {
    readonly type: IssuedVisaType;
    readonly asserted: number;
    readonly value: string;
    readonly source: string;
    readonly by: 'system' | 'dac';
  };
}

/**
 * The one decision on a visa: its claims, or a refusal. Standing and affiliations are looked up now, so they are asserted now; a grant is
 * asserted by the release of the order, and ends with the permit or a year after, whichever is first. Throws VISA_NOT_DUE,
 * VISA_LIMIT_REACHED, VISA_ASSERTED_TOO_OLD.
 */
export function decideVisa(facts: VisaFacts, frame: VisaFrame): VisaClaims {
  const { issuer, subject, jti, now, live } = frame;
  if (live >= VISAS_LIVE_MAX) {
    throw new MarketplaceError('VISA_LIMIT_REACHED', `use a visa that lives: ${VISAS_LIVE_MAX} at once are enough`);
  }
  const { asserted, until, value, by } = sayingOf(facts, issuer, now);
  if (asserted + VISA_ASSERTED_SECONDS_MAX <= now) {
    throw new MarketplaceError('VISA_ASSERTED_TOO_OLD', 'what the visa would say was decided more than a year ago');
  }
  const exp = Math.min(now + VISA_LIFETIME_SECONDS, asserted + VISA_ASSERTED_SECONDS_MAX, until);
  if (exp <= now) throw notDue('the permit of the order has ended');
  const visa = { type: facts.type, asserted, value, source: issuer, by };
  return { iss: issuer, sub: subject, jti, iat: now, exp, ga4gh_visa_v1: visa };
}

interface Saying {
  readonly asserted: number;
  readonly until: number;
  readonly value: string;
  readonly by: 'system' | 'dac';
}

function sayingOf(facts: VisaFacts, issuer: string, now: number): Saying {
  if (facts.type === 'ResearcherStatus') {
    return { asserted: now, until: Infinity, value: `${issuer}${STATUS_PATH}`, by: 'system' };
  }
  if (facts.type === 'AffiliationAndRole') {
    if (!facts.affiliation) throw notDue('no officer declared that affiliation, or it has ended');
    // Passport 1.2, AffiliationAndRole: eduPersonScopedAffiliation; a UUID is a label of a domain name (RFC 1123 section 2.1).
    const value = `affiliate@${facts.affiliation.with}.${new URL(issuer).hostname}`;
    return { asserted: now, until: Infinity, value, by: 'system' };
  }
  if (!facts.permit) throw notDue('the order is not yours, not delivered, or its permit has ended');
  const { orderId, grantedAt, endsAt } = facts.permit;
  const value = `${issuer}/orders/${orderId}`;
  return { asserted: seconds(grantedAt), until: seconds(endsAt), value, by: 'dac' };
}

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

function notDue(why: string): MarketplaceError {
  return new MarketplaceError('VISA_NOT_DUE', why);
}
