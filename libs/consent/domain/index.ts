export { ConsentError } from './consent.errors';
export type { ConsentErrorCode, GrantMismatch } from './consent.errors';
export { decideGrant, forRequester, REQUESTER_REASON } from './decide';
export type { BoundRecord, GrantContext, GrantDecision, GrantEvidence, GrantRefusal } from './decide';
export { checkGrantTarget, requestMismatch } from './grant-target';
export type { GrantTarget } from './grant-target';
export { DISCOVERY_TERMS, GRANT, GRANT_RECORDS_MAX, REVOCATION } from './statement-kind';
export type { DiscoveryTermsClaims, GrantClaims, RecordHead, RevocationClaims } from './statement-kind';
