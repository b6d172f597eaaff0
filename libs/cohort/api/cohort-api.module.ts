import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { CohortModule } from '../cohort.module';
import { CatalogueResolver } from './catalogue.resolver';
import { CohortResolver } from './cohort.resolver';
import { ConceptListsResolver } from './concept-lists.resolver';
import { CountLockResolver } from './count-lock.resolver';

@Module({
  imports: [CohortModule, IdentityModule],
  providers: [CatalogueResolver, CohortResolver, ConceptListsResolver, CountLockResolver],
})
export class CohortApiModule {}
