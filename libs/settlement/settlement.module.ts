import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { LedgerModule } from '@aceso/ledger';
import { ActOnce } from './act-once';
import { DepositService } from './deposit.service';
import { EarningsService } from './earnings.service';
import { SettlementService } from './settlement.service';

const SERVICES = [ActOnce, DepositService, EarningsService, SettlementService];

/** Accounts, escrow, shares and payouts. */
@Module({ imports: [AuditModule, LedgerModule], providers: SERVICES, exports: SERVICES })
export class SettlementModule {}
