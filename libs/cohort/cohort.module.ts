import { Module } from '@nestjs/common';
import { AuditModule, AuditService } from '@aceso/audit';
import { LedgerModule } from '@aceso/ledger';
import { Database, KeyCustody } from '@aceso/platform';
import { CohortCounts } from './cohort-counts';
import { CohortIndex } from './cohort-index';
import { CohortService } from './cohort.service';
import { CountLocks } from './count-locks';
import { DisclosureDesk } from './disclosure-desk';
import { NoisyCounts } from './noisy-counts';

@Module({
  imports: [AuditModule, LedgerModule],
  providers: [
    { provide: CohortIndex, useFactory: (database: Database) => new CohortIndex(database), inject: [Database] },
    {
      provide: DisclosureDesk,
      useFactory: (database: Database, custody: KeyCustody, audit: AuditService) =>
        new DisclosureDesk(database, custody, audit),
      inject: [Database, KeyCustody, AuditService],
    },
    CohortCounts,
    CohortService,
    CountLocks,
    NoisyCounts,
  ],
  exports: [CohortCounts, CohortService, CountLocks, NoisyCounts],
})
export class CohortModule {}
