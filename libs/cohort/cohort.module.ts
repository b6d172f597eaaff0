import { Module } from '@nestjs/common';
import { Database } from '@aceso/platform';
import { CohortIndex } from './cohort-index';
import { CohortService } from './cohort.service';
import { NoisyCounts } from './noisy-counts';

@Module({
  providers: [
    { provide: CohortIndex, useFactory: (database: Database) => new CohortIndex(database), inject: [Database] },
    CohortService,
    NoisyCounts,
  ],
  exports: [CohortService, NoisyCounts],
})
export class CohortModule {}
