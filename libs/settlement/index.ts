export { SettlementService } from './settlement.service';
export type { Booking, ReleaseSettlement } from './settlement.service';
export { SettlementError } from './domain/settlement.errors';
export type { SettlementErrorCode } from './domain/settlement.errors';
export { splitRuleHash } from './domain/split-rule';
export type { IncludedPerson } from './domain/split-rule';
export type { Earning, ReleaseTotals } from './domain/transfer';
