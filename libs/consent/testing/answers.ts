import { DAY_SECONDS } from '@aceso/identity/domain';
import type { TestParty } from '@aceso/identity/testing';
import { sha256 } from '@aceso/platform';
import {
  CURRENT_TERMS_NOTICE,
  DISCOVERY_TERMS,
  DUO_PERMISSIONS,
  GRANT,
  REVOCATION,
  STANDING_TERMS,
  termsNoticeHash,
  type Alternative,
  type GrantClaims,
  type GrantTarget,
  type StandingTermsClaims,
} from '../domain';

/** What a client signs when it agrees to everything it was asked; `changes` disagree with it. */
export function grantContent(target: GrantTarget, changes: Partial<GrantClaims> = {}) {
  return {
    request: target.requestId,
    version: target.version,
    contentHash: target.contentHash,
    recordsUpTo: target.heads.map(({ sourceRecordId, ...head }) => ({ sourceRecord: sourceRecordId, ...head })),
    notice: { ...target.notice, payment: true as const },
    amount: { amountMinor: String(target.amount.amountMinor), currency: target.amount.currency },
    splitRule: target.splitRule,
    ...changes,
  };
}

/** The next statement of a party: its grant, valid for a year. */
export function signGrant(party: TestParty, target: GrantTarget, changes: Partial<GrantClaims> = {}): string {
  return party.signNext(GRANT, grantContent(target, changes), { lifetimeSeconds: 365 * DAY_SECONDS });
}

export function signRevocation(party: TestParty, grantDigest: string): string {
  return party.signNext(REVOCATION, { grant: grantDigest });
}

export function signDiscoveryTerms(party: TestParty, discovery: 'permit' | 'deny'): string {
  return party.signNext(DISCOVERY_TERMS, { discovery }, { lifetimeSeconds: 365 * DAY_SECONDS });
}

/** An alternative that permits health research by universities and hospitals; `changes` permit something else. */
export function alternative(changes: Partial<Alternative> = {}): Alternative {
  return {
    permission: { code: DUO_PERMISSIONS.HMB },
    modifiers: [],
    buyerKinds: ['hospital', 'university'],
    categories: ['Condition', 'Encounter', 'Observation', 'Patient'],
    minimumPrice: { unitMinor: 500, currency: 'EUR' },
    safeguards: ['no-reidentification'],
    ...changes,
  };
}

/** What a client signs so that its terms answer; `changes` disagree with it. */
export function standingTermsContent(changes: Partial<StandingTermsClaims> = {}) {
  const { language } = CURRENT_TERMS_NOTICE;
  return {
    mode: 'answer-for-me' as const,
    alternatives: [alternative()],
    splitRule: 'c'.repeat(64),
    notice: { hash: termsNoticeHash(CURRENT_TERMS_NOTICE, sha256), language, payment: true as const },
    ...changes,
  };
}

/** The next statement of a party: its standing terms, valid for a year. */
export function signStandingTerms(party: TestParty, changes: Partial<StandingTermsClaims> = {}): string {
  return party.signNext(STANDING_TERMS, standingTermsContent(changes), { lifetimeSeconds: 365 * DAY_SECONDS });
}
