import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, Logger } from '@aceso/platform';

/** How often sets that are no longer kept are deleted, milliseconds. */
const LOOK_MS = 3_600_000;

/**
 * Deletes sets of persons that were told of longer ago than they are kept, answers of the day before, old background counts, and changes that
 * every process has followed.
 */
@Injectable()
export class ForgetTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** One look; a failure is logged and the next look tries again. Returns how many sets were deleted. */
  async runOnce(): Promise<number> {
    try {
      await this.database.query('worker', 'select cohort.forget_background_counts()');
      const [row] = await this.database.query<{ sets: number }>('worker', 'select cohort.forget_sets() as sets');
      await this.database.query('worker', 'select cohort.forget_found_changes()');
      return row!.sets;
    } catch (error) {
      this.logger.error('forgetting sets of persons failed', error);
      return 0;
    }
  }

  private look(): void {
    this.round = this.round.then(async () => void (await this.runOnce()));
  }
}
