import { MarketplaceError } from './marketplace.errors';

export const ORDER_STATES = ['funded', 'extracting', 'released', 'delivered', 'refunded'] as const;

export type OrderState = (typeof ORDER_STATES)[number];

/** Allowed moves; the table `marketplace.allowed_move` repeats them. */
export const ORDER_NEXT: Record<OrderState, readonly OrderState[]> = {
  funded: ['extracting', 'refunded'],
  extracting: ['released', 'refunded'],
  released: ['delivered'],
  delivered: [],
  refunded: [],
};

/** Why an order ended without data. The buyer reads it, so it tells nothing about any person. */
export const REFUND_REASONS = [
  'COHORT_TOO_SMALL',
  'K_NOT_REACHED',
  'RISK_TOO_HIGH',
  'GATE_MOVED',
  'RECORD_UNREADABLE',
  'ATTEMPTS_EXHAUSTED',
  'CANCELLED_BY_BUYER',
  'COMPOSITION_TOO_NARROW',
  'BUYER_STOPPED',
  'POLICY_RETIRED',
] as const;

export type RefundReason = (typeof REFUND_REASONS)[number];

/** The state after the move; throws ORDER_STATE_REFUSED for one that is not allowed. */
export function moveOrder(from: OrderState, to: OrderState): OrderState {
  if (!ORDER_NEXT[from].includes(to)) {
    throw new MarketplaceError('ORDER_STATE_REFUSED', `an order that is ${from} cannot become ${to}`);
  }
  return to;
}
