import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { BackgroundCounter } from '../background-counter';
import { CohortModule } from '../cohort.module';
import { BackgroundCountResolver } from './background-count.resolver';
import { CatalogueResolver } from './catalogue.resolver';
import { CohortComparisonResolver } from './cohort-comparison.resolver';
import { CohortResolver } from './cohort.resolver';
import { ConceptListsResolver } from './concept-lists.resolver';
import { CountLockResolver } from './count-lock.resolver';
import { SavedCohortResolver } from './saved-cohort.resolver';

@Module({
  imports: [CohortModule, IdentityModule],
  providers: [
    BackgroundCounter,
    BackgroundCountResolver,
    CatalogueResolver,
    CohortComparisonResolver,
    CohortResolver,
    ConceptListsResolver,
    CountLockResolver,
    SavedCohortResolver,
  ],
})
export class CohortApiModule {}
