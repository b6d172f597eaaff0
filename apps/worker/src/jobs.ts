import type { Type } from '@nestjs/common';
import { CohortJobsModule } from '@aceso/cohort/jobs';
import { ExtractionJobsModule } from '@aceso/extraction/jobs';
import { LedgerJobsModule } from '@aceso/ledger/jobs';
import { MarketplaceJobsModule } from '@aceso/marketplace/jobs';
import { RegisterJobsModule } from '@aceso/register/jobs';
import { UpkeepJobsModule } from '@aceso/upkeep/jobs';

/** What the contexts do in the background, in import order. */
export const JOBS: readonly Type[] = [
  LedgerJobsModule,
  RegisterJobsModule,
  CohortJobsModule,
  MarketplaceJobsModule,
  ExtractionJobsModule,
  UpkeepJobsModule,
];
