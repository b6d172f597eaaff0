import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DomainError } from '@aceso/kernel';
import { Database, Logger, Runtime } from '@aceso/platform';
import { CohortCounts } from './cohort-counts';
import type { QuestionRun } from './cohort-index';
import { endCount, reportCount, takeCount, type CountEnd, type TakenCount } from './data/background-count-rows';
import { CohortError } from './domain/cohort.errors';
import { checkInOrder } from './domain/criteria-document';
import type { AnsweredCount } from './domain/disclosure';

/** From its turn on, a count in the background takes no longer, milliseconds. */
export const BACKGROUND_MS_MAX = 600_000;
/** How often a process looks for counts that other processes left, milliseconds. */
const LOOK_MS = 5_000;
/** How often it says that it still counts, and learns that it need not, milliseconds. The database gives it up after 30 seconds. */
const REPORT_MS = 1_000;

/**
 * Counts in the background, one after the other in each process of the api: no other process reads sets of persons, and whoever waits for an
 * answer keeps the other turns. A count is logged, charged and judged when its turn comes, exactly as if it had been asked for then.
 */
@Injectable()
export class BackgroundCounter implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #runner: string;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> | undefined;
  #wanted = false;
  readonly #stop = new AbortController();

  constructor(
    private readonly database: Database,
    private readonly counts: CohortCounts,
    private readonly logger: Logger,
    runtime: Runtime,
  ) {
    this.#runner = runtime.uuid();
  }

  onApplicationBootstrap(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** What is being counted ends as interrupted; what waits is for another process. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort(interrupted());
    await this.#work;
  }

  /** Looks for counts that wait, now or after the one at hand. */
  look(): void {
    this.#wanted = true;
    this.#work ??= this.#countAll().finally(() => (this.#work = undefined));
  }

  /** Takes one count and brings it to its end. False where none waits. */
  async runOnce(): Promise<boolean> {
    const taken = await this.database.transaction('api', (tx) => takeCount(tx, this.#runner));
    if (taken) await this.#run(taken);
    return taken !== undefined;
  }

  async #countAll(): Promise<void> {
    while (this.#wanted && !this.#stop.signal.aborted) {
      this.#wanted = false;
      try {
        if (await this.runOnce()) this.#wanted = true;
      } catch (error) {
        this.logger.error('looking for background counts failed', error);
      }
    }
  }

  async #run(taken: TakenCount): Promise<void> {
    const given = new AbortController();
    let progress: { done: number; total: number | null } = { done: 0, total: null };
    let report = Promise.resolve();
    const timer = setInterval(() => {
      report = report.then(() => this.#report(taken, progress, given));
    }, REPORT_MS);
    const end = await this.#count(taken, {
      signal: AbortSignal.any([given.signal, this.#stop.signal]),
      msMax: BACKGROUND_MS_MAX,
      progress: (done, total) => (progress = { done, total }),
    });
    clearInterval(timer);
    await report;
    await this.#report(taken, progress, given);
    await this.database.transaction('api', async (tx) => {
      await tx.actAs(taken.partyId);
      await endCount(tx, { id: taken.id, runner: this.#runner, end });
    });
  }

  async #count({ partyId, kind, criteria: stored }: TakenCount, run: QuestionRun): Promise<CountEnd> {
    const asker = { partyId };
    try {
      const criteria = checkInOrder(stored);
      const answers: readonly AnsweredCount[] =
        kind === 'funnel'
          ? await this.counts.funnel(asker, criteria, run)
          : [await this.counts.count(asker, criteria, run)];
      return { state: 'done', answers };
    } catch (error) {
      if (error instanceof DomainError) return { state: 'failed', reason: error.code };
      this.logger.error('a background count failed', error);
      return { state: 'failed', reason: 'INTERNAL' };
    }
  }

  /** What was cancelled, or given up for lost, is not counted to its end. */
  async #report(
    { id, partyId }: TakenCount,
    progress: { readonly done: number; readonly total: number | null },
    given: AbortController,
  ): Promise<void> {
    try {
      const still = await this.database.transaction('api', async (tx) => {
        await tx.actAs(partyId);
        return reportCount(tx, { id, runner: this.#runner, ...progress });
      });
      if (!still) given.abort(interrupted());
    } catch (error) {
      this.logger.error('a background count could not tell how far it is', error);
    }
  }
}

const interrupted = (): CohortError =>
  new CohortError('COUNT_INTERRUPTED', 'the count was cancelled, or the process that counted has ended: ask again');
