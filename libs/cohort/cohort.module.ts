import { Module } from '@nestjs/common';
import { CONFIG, Database } from '@aceso/platform';
import { CohortIndex } from './cohort-index';
import { ConceptLists } from './concept-lists';
import { ConceptTree } from './domain/concept-tree';
import { installedConcepts } from './installed-concepts';
import { CohortService } from './cohort.service';
import { NoisyCounts } from './noisy-counts';

@Module({
  providers: [
    { provide: ConceptTree, useFactory: installedConcepts, inject: [CONFIG] },
    {
      provide: CohortIndex,
      useFactory: (database: Database, concepts: ConceptTree) => new CohortIndex(database, { concepts }),
      inject: [Database, ConceptTree],
    },
    CohortService,
    ConceptLists,
    NoisyCounts,
  ],
  exports: [CohortService, ConceptLists, NoisyCounts],
})
export class CohortModule {}
