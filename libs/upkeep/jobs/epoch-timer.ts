import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, Logger, type Config } from '@aceso/platform';
import { EpochTurn } from '../epoch-turn';

/** How often the age of the epoch is looked at, milliseconds. */
const LOOK_MS = 3_600_000;

/** Turns the epoch when it is ACESO_EPOCH_DAYS old, and finishes a turn whose process died. */
@Injectable()
export class EpochTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly turns: EpochTurn,
    @Inject(CONFIG) private readonly config: Pick<Config, 'epochDays'>,
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

  /** One look; a failure is logged and the next look tries again. */
  async runOnce(): Promise<void> {
    try {
      if (!(await this.turns.isDue(this.config.epochDays))) return;
      const { epoch, wrapped } = await this.turns.turn();
      this.logger.info('the epoch of the keys turned', { epoch, count: wrapped });
    } catch (error) {
      this.logger.error('the turn of the epoch failed', error);
    }
  }

  private look(): void {
    this.round = this.round.then(() => this.runOnce());
  }
}
