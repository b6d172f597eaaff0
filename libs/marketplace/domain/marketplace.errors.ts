import { DomainError } from '@aceso/kernel';

export type MarketplaceErrorCode =
  | 'REQUEST_INVALID'
  | 'ANSWER_DEADLINE_INVALID'
  | 'REQUEST_STATE_REFUSED'
  | 'REQUEST_VERSION_OUTDATED'
  | 'REQUEST_ALTERED'
  | 'DECIDER_IS_BUYER'
  | 'DECISION_REASON_INVALID'
  | 'ANSWERING_CLOSED'
  | 'ORDER_STATE_REFUSED'
  | 'ORDER_IN_WORK'
  | 'NOT_FOUND'
  | VisaErrorCode;

/** Why a visa does not count, or is not issued. */
export type VisaErrorCode =
  | 'VISA_MALFORMED'
  | 'VISA_WRONG_KIND'
  | 'VISA_ALGORITHM_REFUSED'
  | 'VISA_ISSUER_UNKNOWN'
  | 'VISA_ISSUERS_INVALID'
  | 'VISA_SIGNATURE_INVALID'
  | 'VISA_EXPIRED'
  | 'VISA_ASSERTED_TOO_OLD'
  | 'VISA_NOT_YET_VALID'
  | 'VISA_CONDITIONAL'
  | 'VISA_OTHER_SUBJECT'
  | 'VISA_TOO_MANY'
  /** this order gives no visa; the text says why */
  | 'VISA_NOT_DUE'
  | 'VISA_LIMIT_REACHED';

/** A refusal of the marketplace. Messages name places in a request, never persons or what they answered. */
export class MarketplaceError extends DomainError<MarketplaceErrorCode> {}

/** What does not exist and what belongs to somebody else look the same. */
export function notFound(what: 'request' | 'order' | 'consent'): MarketplaceError {
  return new MarketplaceError('NOT_FOUND', `there is no such ${what}`);
}
