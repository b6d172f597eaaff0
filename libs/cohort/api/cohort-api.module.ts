import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { CohortModule } from '../cohort.module';
import { CohortResolver } from './cohort.resolver';

@Module({ imports: [CohortModule, IdentityModule], providers: [CohortResolver] })
export class CohortApiModule {}
