import type { PartyId } from '@aceso/kernel';
import { MarketplaceError } from './marketplace.errors';
import { moveRequest, type RequestState } from './request-state';

export const REASON_LENGTH_MAX = 2_000;
const REASON_LENGTH_MIN = 3;

export type Decision = 'approve' | 'decline';

/** A compliance officer's decision on the version in view. Returns the request's next state. */
export function decide(
  request: { readonly state: RequestState; readonly buyerId: PartyId },
  act: { readonly decision: Decision; readonly officerId: PartyId; readonly reason: string },
): RequestState {
  if (act.officerId === request.buyerId) {
    throw new MarketplaceError('DECIDER_IS_BUYER', 'nobody decides on a request of their own');
  }
  const { length } = act.reason.trim();
  if (length < REASON_LENGTH_MIN || length > REASON_LENGTH_MAX || /[\p{Cs}\0]/u.test(act.reason)) {
    throw new MarketplaceError(
      'DECISION_REASON_INVALID',
      `a decision has a reason of ${REASON_LENGTH_MIN} to ${REASON_LENGTH_MAX} characters`,
    );
  }
  return moveRequest(request.state, act.decision === 'approve' ? 'approved' : 'declined');
}
