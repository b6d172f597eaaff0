import { Module } from '@nestjs/common';
import { ForgetTimer } from './forget-timer';

/** What the cohort side does in the background. */
@Module({ providers: [ForgetTimer] })
export class CohortJobsModule {}
