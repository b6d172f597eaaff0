import type { Database } from '../database/database';
import type { IdempotencyService } from '../idempotency';
import type { Logger } from '../logging/logger';
import { HOUSEKEEPING_MS, OUTBOX_KEPT_DAYS } from './limits';

export interface HousekeepingOptions {
  readonly database: Database;
  readonly idempotency: IdempotencyService;
  readonly logger: Logger;
}

/** Deletes what has served its purpose: sent outbox rows and old idempotency keys. */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<unknown> = Promise.resolve();

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => (this.#round = this.runOnce()), HOUSEKEEPING_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#round;
  }

  /** Tells how many rows went; a failure is logged and left to the next round. */
  async runOnce(): Promise<number> {
    const { database, idempotency, logger } = this.#options;
    try {
      return await database.transaction('worker', async (tx) => {
        const events = await tx.execute(
          'delete from platform.outbox where sent_at < now() - make_interval(days => $1)',
          [OUTBOX_KEPT_DAYS],
        );
        return events + (await idempotency.forget(tx));
      });
    } catch (error) {
      logger.error('housekeeping failed', error);
      return 0;
    }
  }
}
