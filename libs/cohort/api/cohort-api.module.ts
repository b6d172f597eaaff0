import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { CohortModule } from '../cohort.module';
import { CohortComparisonResolver } from './cohort-comparison.resolver';
import { CohortResolver } from './cohort.resolver';
import { ConceptListsResolver } from './concept-lists.resolver';
import { CountLockResolver } from './count-lock.resolver';
import { SavedCohortResolver } from './saved-cohort.resolver';

@Module({
  imports: [CohortModule, IdentityModule],
  providers: [CohortComparisonResolver, CohortResolver, ConceptListsResolver, CountLockResolver, SavedCohortResolver],
})
export class CohortApiModule {}
