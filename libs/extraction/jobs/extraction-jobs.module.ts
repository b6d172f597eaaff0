import { Module } from '@nestjs/common';
import { ExtractionModule } from '../extraction.module';
import { DeliverConsumer, EmitConsumer, ForgetConsumer, PlanConsumer, ReleaseConsumer } from './extraction.consumers';
import { UnfinishedExtraction } from './unfinished-extraction';

/** Consumers of the extraction and its reconciler, for the worker. */
@Module({
  imports: [ExtractionModule],
  providers: [PlanConsumer, EmitConsumer, ReleaseConsumer, DeliverConsumer, ForgetConsumer, UnfinishedExtraction],
})
export class ExtractionJobsModule {}
