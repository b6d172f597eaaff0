import { DAY_SECONDS } from '@aceso/identity/domain';
import type { TestParty } from '@aceso/identity/testing';
import { DISCOVERY_TERMS, GRANT, REVOCATION, type GrantClaims, type GrantTarget } from '../domain';

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
