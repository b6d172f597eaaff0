import { Module } from '@nestjs/common';
import { CohortModule } from '../cohort.module';
import { CohortResolver } from './cohort.resolver';

@Module({ imports: [CohortModule], providers: [CohortResolver] })
export class CohortApiModule {}
