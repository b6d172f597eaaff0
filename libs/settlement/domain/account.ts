import type { OrderId, PartyId, PersonId } from '@aceso/kernel';

/** Whose money it is. `outside` is the world beyond the marketplace: bank deposits come from it, payouts go to it. */
export type Account =
  | { readonly kind: 'buyer'; readonly ownerId: PartyId }
  | { readonly kind: 'escrow'; readonly ownerId: OrderId }
  | { readonly kind: 'patient'; readonly ownerId: PersonId }
  | { readonly kind: 'provider'; readonly ownerId: PartyId }
  | { readonly kind: 'platform'; readonly ownerId: null }
  | { readonly kind: 'outside'; readonly ownerId: null };

export type AccountKind = Account['kind'];

/** The only kinds whose balance may be below zero; the database repeats it in `settlement.account_kind`. */
export const MAY_BE_NEGATIVE: Record<AccountKind, boolean> = {
  buyer: false,
  escrow: false,
  patient: false,
  provider: false,
  platform: false,
  outside: true,
};

export const PLATFORM: Account = { kind: 'platform', ownerId: null };
export const OUTSIDE: Account = { kind: 'outside', ownerId: null };

/** One text for one account, to compare and sort by. */
export function accountKey({ kind, ownerId }: Account): string {
  return `${kind}:${ownerId ?? ''}`;
}
