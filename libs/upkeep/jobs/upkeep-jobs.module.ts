import { Module } from '@nestjs/common';
import { AuditModule } from '@aceso/audit';
import { LedgerModule } from '@aceso/ledger';
import { EpochTurn } from '../epoch-turn';
import { EpochTimer } from './epoch-timer';

/** What upkeep does in the background. */
@Module({ imports: [AuditModule, LedgerModule], providers: [EpochTurn, EpochTimer] })
export class UpkeepJobsModule {}
