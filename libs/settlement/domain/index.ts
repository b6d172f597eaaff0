export { accountKey, MAY_BE_NEGATIVE, OUTSIDE, PLATFORM } from './account';
export type { Account, AccountKind } from './account';
export { patientShare, providerShares, SPLIT_RULE, splitRuleHash, splitUnit } from './split-rule';
export type { IncludedPerson, PersonShares, SplitRule } from './split-rule';
export {
  assertBalanced,
  checkAmount,
  deposit,
  fund,
  parseMinor,
  payout,
  refund,
  REFERENCE_LENGTH_MAX,
  release,
  TRANSFER_MINOR_MAX,
  transferDigest,
} from './transfer';
export type { Earning, Posting, Release, ReleaseTotals, Transfer, TransferKind } from './transfer';
export { SettlementError } from './settlement.errors';
export type { SettlementErrorCode } from './settlement.errors';
