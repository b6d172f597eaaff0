import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { IdentityModule } from '@aceso/identity';
import { LedgerModule } from '@aceso/ledger';
import { ActOnce } from './act-once';
import { DepositService } from './deposit.service';
import { EarningsService } from './earnings.service';
import { PayoutService } from './payout.service';
import { SettlementService } from './settlement.service';

const SERVICES = [ActOnce, DepositService, EarningsService, PayoutService, SettlementService];

/** Accounts, escrow, shares and payouts. */
@Module({ imports: [AuditModule, IdentityModule, LedgerModule], providers: SERVICES, exports: SERVICES })
export class SettlementModule {}
