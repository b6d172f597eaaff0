import type { Database } from '../database/database';
import type { Logger } from '../logging/logger';
import type { UnfinishedItem, UnfinishedWork } from './consumer';
import type { JobQueues } from './job-queues';
import { BACKOFF_MS, RECONCILE_MS, REVIVAL_DELAY_MS_MAX, REVIVALS_MAX } from './limits';

export interface ReconcilerOptions {
  readonly database: Database;
  readonly queues: JobQueues;
  readonly work: readonly UnfinishedWork[];
  readonly logger: Logger;
}

/**
 * Compares rows with the queue: unfinished work without a live job is enqueued again, under a new id each time, since
 * BullMQ ignores an id that it still holds. So a wiped queue fills up again, and work whose job failed comes back.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<unknown> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => (this.#round = this.#round.then(() => this.runOnce())), RECONCILE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#round;
  }

  /** One look at all contexts; tells how many jobs were added. One context's failure does not stop the others. */
  async runOnce(): Promise<number> {
    let added = 0;
    for (const work of this.#options.work) {
      try {
        for (const item of await work.find()) added += (await this.#revive(item)) ? 1 : 0;
      } catch (error) {
        this.#options.logger.error('reconciling failed', error, { check: work.name });
      }
    }
    if (added > 0) this.#options.logger.info('unfinished work was enqueued again', { count: added });
    return added;
  }

  async #revive(item: UnfinishedItem): Promise<boolean> {
    if (await this.#isUnderway(item)) return false;
    const { queues } = this.#options;
    for (let attempt = 1; attempt <= REVIVALS_MAX; attempt++) {
      const id = `${item.key}-${attempt}`;
      const state = await queues.stateOf(item.topic, id);
      if (state === 'unknown') {
        await queues.addAll([{ topic: item.topic, payload: item.payload, id, delayMs: delayBefore(attempt) }]);
        return true;
      }
      if (state !== 'completed' && state !== 'failed') return false; // it is on its way
    }
    return false; // kept failing: the failed jobs are the alarm, and their expiry allows another round
  }

  /** True when the outbox still holds the event, or a job of the event or of the work's own lives. */
  async #isUnderway(item: UnfinishedItem): Promise<boolean> {
    const { database, queues } = this.#options;
    const events = await database.query<{ id: string; sent: boolean }>(
      'worker',
      `select id, sent_at is not null as sent from platform.outbox
        where topic = $1 and payload = $2::jsonb order by created_at desc limit 10`,
      [item.topic, JSON.stringify(item.payload)],
    );
    if (events.some(({ sent }) => !sent)) return true;
    for (const id of [...events.map((event) => event.id), ...(item.jobIds ?? [])]) {
      if (await queues.isLive(item.topic, id)) return true;
    }
    return false;
  }
}

/** The first revival is immediate; what keeps failing waits longer each time, in milliseconds. */
function delayBefore(attempt: number): number {
  return attempt === 1 ? 0 : Math.min(BACKOFF_MS * 2 ** attempt, REVIVAL_DELAY_MS_MAX);
}
