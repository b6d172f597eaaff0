import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Database, Logger } from '@aceso/platform';
import { Quarantine } from '../ingest/quarantine';
import { UploadService } from '../upload.service';

/** How often staged files and quarantined resources are looked through, milliseconds. */
const EXPIRY_MS = 600_000;

/** Removes what has waited too long: staged uploads after a day, quarantined resources after a month. */
@Injectable()
export class Expiry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly uploads: UploadService,
    private readonly quarantine: Quarantine,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => (this.round = this.round.then(() => this.runOnce())), EXPIRY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.round;
  }

  /** One look; a failure is logged and the next look tries again. */
  async runOnce(): Promise<void> {
    try {
      await this.uploads.expire();
      await this.database.transaction('worker', (tx) => this.quarantine.expire(tx));
    } catch (error) {
      this.logger.error('expiry of the register failed', error);
    }
  }
}
