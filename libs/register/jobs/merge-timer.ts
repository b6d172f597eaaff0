import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '@aceso/platform';
import { FactMerge } from '../fact-merge';

/** How often it is looked whether there is enough to merge, milliseconds. */
const LOOK_MS = 600_000;

/** Merges facts from rows into blocks when there are enough of them. */
@Injectable()
export class MergeTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly merges: FactMerge,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => (this.round = this.round.then(() => this.runOnce())), LOOK_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** One look; a failure is logged and the next look tries again. */
  async runOnce(): Promise<void> {
    try {
      const due = await this.merges.due();
      if (due.length === 0) return;
      let facts = 0;
      for await (const merged of this.merges.mergeAll(due)) facts += merged.facts;
      this.logger.info('facts were merged into blocks', { count: facts });
    } catch (error) {
      this.logger.error('merging facts into blocks failed', error);
    }
  }
}
