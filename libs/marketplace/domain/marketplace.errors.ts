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
  | 'NOT_FOUND';

/** A refusal of the marketplace. Messages name places in a request, never persons or what they answered. */
export class MarketplaceError extends DomainError<MarketplaceErrorCode> {}

/** What does not exist and what belongs to somebody else look the same. */
export function notFound(what: 'request' | 'order' | 'consent'): MarketplaceError {
  return new MarketplaceError('NOT_FOUND', `there is no such ${what}`);
}
