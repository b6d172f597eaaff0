import { Module } from '@nestjs/common';
import { AuditModule, AuditService } from '@aceso/audit';
import { LedgerModule } from '@aceso/ledger';
import { CONFIG, Database, KeyCustody } from '@aceso/platform';
import { BackgroundCounts } from './background-counts';
import { Catalogue } from './catalogue';
import { CohortComparison } from './cohort-comparison';
import { CohortCounts } from './cohort-counts';
import { CohortIndex } from './cohort-index';
import { CohortPartitions } from './cohort-partitions';
import { ConceptLists } from './concept-lists';
import { ConceptTree } from './domain/concept-tree';
import { installedConcepts } from './installed-concepts';
import { CohortService } from './cohort.service';
import { CountLocks } from './count-locks';
import { DisclosureDesk } from './disclosure-desk';
import { NoisyCounts } from './noisy-counts';
import { SavedCohorts } from './saved-cohorts';

@Module({
  imports: [AuditModule, LedgerModule],
  providers: [
    { provide: ConceptTree, useFactory: installedConcepts, inject: [CONFIG] },
    {
      provide: CohortIndex,
      useFactory: (database: Database, concepts: ConceptTree) => new CohortIndex(database, { concepts }),
      inject: [Database, ConceptTree],
    },
    {
      provide: DisclosureDesk,
      useFactory: (database: Database, custody: KeyCustody, audit: AuditService) =>
        new DisclosureDesk(database, custody, audit),
      inject: [Database, KeyCustody, AuditService],
    },
    BackgroundCounts,
    Catalogue,
    CohortComparison,
    CohortCounts,
    CohortPartitions,
    CohortService,
    ConceptLists,
    CountLocks,
    NoisyCounts,
    SavedCohorts,
  ],
  exports: [
    BackgroundCounts,
    Catalogue,
    CohortComparison,
    CohortCounts,
    CohortPartitions,
    CohortService,
    ConceptLists,
    CountLocks,
    NoisyCounts,
    SavedCohorts,
  ],
})
export class CohortModule {}
