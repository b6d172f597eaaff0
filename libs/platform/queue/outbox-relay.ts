import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Json } from '@aceso/kernel';
import type { Database } from '../database/database';
import type { Logger } from '../logging/logger';
import type { JobQueues } from './job-queues';
import { OUTBOX_CHANNEL, RELAY_BATCH_ROWS, RELAY_POLL_MS } from './limits';

interface OutboxRow {
  readonly id: string;
  readonly topic: string;
  readonly payload: { readonly [name: string]: Json };
}

export interface OutboxRelayOptions {
  readonly database: Database;
  readonly queues: JobQueues;
  /** Address of the worker's database role, for the connection that listens. */
  readonly workerUrl: string;
  readonly logger: Logger;
}

/**
 * Sends committed outbox rows to the queue. A row is marked in the transaction that holds it locked while it is added:
 * a crash in between sends it again under the same job id. Any number of relays may run.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  #stopping = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> | undefined;
  #listener: Client | undefined;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#loop();
  }

  /** Finishes the batch at hand. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    await this.#running;
    await this.#listener?.end().catch(() => undefined);
  }

  /** Sends one batch, oldest first; tells how many rows. */
  sendBatch(): Promise<number> {
    const { database, queues } = this.#options;
    return database.transaction('worker', async (tx) => {
      const rows = await tx.query<OutboxRow>(
        `select id, topic, payload from platform.outbox where sent_at is null
          order by created_at, id limit $1 for update skip locked`,
        [RELAY_BATCH_ROWS],
      );
      if (rows.length === 0) return 0;
      await queues.addAll(rows);
      const ids = rows.map(({ id }) => id);
      await tx.execute('update platform.outbox set sent_at = clock_timestamp() where id = any($1)', [ids]);
      return rows.length;
    });
  }

  async #loop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#listen();
        if ((await this.sendBatch()) === RELAY_BATCH_ROWS) continue;
      } catch (error) {
        this.#options.logger.error('the outbox relay failed and tries again', error);
      }
      await sleep(RELAY_POLL_MS, undefined, { signal: this.#wake.signal }).catch(() => undefined); // woken
    }
  }

  /** A notification only shortens the wait; without the connection the relay polls. */
  async #listen(): Promise<void> {
    if (this.#listener) return;
    const client = new Client({ connectionString: this.#options.workerUrl, application_name: 'aceso-relay' });
    client.on('error', () => (this.#listener = undefined));
    client.on('notification', () => this.#wake.abort());
    await client.connect();
    await client.query(`listen ${OUTBOX_CHANNEL}`);
    this.#listener = client;
  }
}
