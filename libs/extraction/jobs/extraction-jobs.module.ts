import { Module } from '@nestjs/common';
import { ExtractionModule } from '../extraction.module';
import {
  DeliverConsumer,
  EmitConsumer,
  ForgetConsumer,
  PackListConsumer,
  PlanConsumer,
  ReleaseConsumer,
  WithdrawalsConsumer,
} from './extraction.consumers';
import { UnfinishedExtraction } from './unfinished-extraction';

/** Consumers of the extraction and its reconciler, for the worker. */
@Module({
  imports: [ExtractionModule],
  providers: [
    PlanConsumer,
    EmitConsumer,
    ReleaseConsumer,
    DeliverConsumer,
    ForgetConsumer,
    WithdrawalsConsumer,
    PackListConsumer,
    UnfinishedExtraction,
  ],
})
export class ExtractionJobsModule {}
