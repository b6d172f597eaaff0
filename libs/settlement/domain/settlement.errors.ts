import { DomainError } from '@aceso/kernel';

export type SettlementErrorCode =
  | 'AMOUNT_INVALID'
  | 'CURRENCY_MISMATCH'
  | 'DEPOSIT_REFERENCE_INVALID'
  | 'BUYER_UNKNOWN'
  | 'INSUFFICIENT_FUNDS'
  | 'ESCROW_TOO_SMALL'
  | 'ESCROW_UNKNOWN'
  | 'ESCROW_SETTLED'
  | 'TRANSFER_KEY_REUSED'
  | 'PAYOUT_BANK_DETAILS_MISSING'
  | 'PAYOUT_IN_OTHER_HANDS'
  | 'PAYOUT_PAYEE_STOPPED'
  | 'NOT_FOUND';

/** A refusal of the money side. Messages name no party, person or amount of anybody else. */
export class SettlementError extends DomainError<SettlementErrorCode> {}
