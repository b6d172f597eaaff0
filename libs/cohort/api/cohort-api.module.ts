import { Module } from '@nestjs/common';
import { IdentityModule } from '@aceso/identity';
import { CohortModule } from '../cohort.module';
import { CohortResolver } from './cohort.resolver';
import { CountLockResolver } from './count-lock.resolver';

@Module({ imports: [CohortModule, IdentityModule], providers: [CohortResolver, CountLockResolver] })
export class CohortApiModule {}
