import { Injectable, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LedgerModule } from '../ledger.module';
import { DueErasures, EraseConsumer } from './erasure.consumer';
import { Sequencer } from './sequencer';

/** The sequencer lives as long as the worker does. */
@Injectable()
class SequencerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly sequencer: Sequencer) {}

  onApplicationBootstrap(): void {
    this.sequencer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sequencer.stop();
  }
}

/** For the worker: starts the sequencer with the process and stops it before the pools close; erases what is due. */
@Module({
  imports: [LedgerModule],
  providers: [Sequencer, SequencerLifecycle, EraseConsumer, DueErasures],
  exports: [Sequencer],
})
export class LedgerJobsModule {}
