import { Module } from '@nestjs/common';
import { CohortService } from './cohort.service';
import { NoisyCounts } from './noisy-counts';

@Module({ providers: [CohortService, NoisyCounts], exports: [CohortService, NoisyCounts] })
export class CohortModule {}
