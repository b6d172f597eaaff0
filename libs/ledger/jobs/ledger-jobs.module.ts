import { Injectable, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LedgerModule } from '../ledger.module';
import { Anchoring } from './anchoring';
import { DueErasures, EraseConsumer } from './erasure.consumer';
import { Sequencer } from './sequencer';

/** Sequencer and anchoring live as long as the worker does. */
@Injectable()
class LedgerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly sequencer: Sequencer,
    private readonly anchoring: Anchoring,
  ) {}

  onApplicationBootstrap(): void {
    this.anchoring.start();
    this.sequencer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.anchoring.stop(), this.sequencer.stop()]);
  }
}

/** For the worker: starts sequencer and anchoring with the process, stops them before the pools close; erases what is due. */
@Module({
  imports: [LedgerModule],
  providers: [Sequencer, Anchoring, LedgerLifecycle, EraseConsumer, DueErasures],
  exports: [Sequencer],
})
export class LedgerJobsModule {}
