import { Module } from '@nestjs/common';
import { RegisterModule } from '../register.module';
import { Expiry } from './expiry';
import { MergeTimer } from './merge-timer';
import { IndexConsumer, IngestConsumer } from './register.consumers';
import { UnfinishedRegister } from './unfinished-register';

/** What the register does in the background. */
@Module({
  imports: [RegisterModule],
  providers: [IngestConsumer, IndexConsumer, UnfinishedRegister, Expiry, MergeTimer],
})
export class RegisterJobsModule {}
