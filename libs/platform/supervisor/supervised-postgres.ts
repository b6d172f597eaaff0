import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded/embedded-postgres';
import type { Logger } from '../logging/logger';

const RESTART_PAUSE_MS = 500;

/** The embedded server of a home, started again on the same port when it dies. */
export class SupervisedPostgres {
  readonly #home: string;
  readonly #logger: Logger;
  readonly #notice: (text: string) => void;
  #server: EmbeddedPostgres | undefined;
  #stopping = false;

  constructor(home: string, logger: Logger, notice: (text: string) => void) {
    this.#home = home;
    this.#logger = logger;
    this.#notice = notice;
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  /** Starts the server; returns the owner's address. */
  async start(): Promise<string> {
    const server = await startEmbeddedPostgres({ home: this.#home, notice: this.#notice });
    this.#server = server;
    void server.ended.then(() => this.#restart());
    return server.ownerUrl;
  }

  /** Fast shutdown; call it after everything that uses the database has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#server?.stop();
  }

  async #restart(): Promise<void> {
    while (!this.#stopping) {
      this.#logger.warn('PostgreSQL ended unexpectedly and is started again');
      await sleep(RESTART_PAUSE_MS);
      if (this.#stopping) return;
      try {
        await this.start();
        return;
      } catch (error) {
        this.#logger.error('PostgreSQL could not be started again', error);
      }
    }
  }
}
