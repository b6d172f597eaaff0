import { MarketplaceError } from './marketplace.errors';

export const REQUEST_STATES = ['submitted', 'approved', 'declined', 'asking', 'funded', 'cancelled'] as const;

export type RequestState = (typeof REQUEST_STATES)[number];

/** Allowed moves; `submitted` again is a new version. The table `marketplace.allowed_move` repeats them. */
export const REQUEST_NEXT: Record<RequestState, readonly RequestState[]> = {
  submitted: ['approved', 'declined', 'submitted', 'cancelled'],
  approved: ['asking', 'submitted', 'cancelled'],
  declined: ['submitted', 'cancelled'],
  asking: ['funded', 'submitted', 'cancelled'],
  funded: ['cancelled'],
  cancelled: [],
};

/** The state after the move; throws REQUEST_STATE_REFUSED for one that is not allowed. */
export function moveRequest(from: RequestState, to: RequestState): RequestState {
  if (!REQUEST_NEXT[from].includes(to)) {
    throw new MarketplaceError('REQUEST_STATE_REFUSED', `a request that is ${from} cannot become ${to}`);
  }
  return to;
}
