import { DomainError } from '@aceso/kernel';
import { UnrecoverableError, type Job } from 'bullmq';
import type { Logger } from '../logging/logger';
import type { JobRun, QueueConsumer } from './consumer';
import { ATTEMPTS_MAX, LOCK_MS, STALLED_CHECK_MS, STALLED_MAX } from './limits';
import type { QueueBackend, Worker } from './queue-backend';
import { QueueError } from './queue.errors';
import { byQueue, queueOf } from './topic';

export interface QueueWorkersOptions {
  readonly backend: QueueBackend;
  readonly consumers: readonly QueueConsumer[];
  /** Jobs of one context at once, unless a consumer asks for another number. */
  readonly concurrency: number;
  readonly logger: Logger;
  /** For tests: how long a lost worker's job stays locked, and how often that is looked at. */
  readonly lockMs?: number;
  readonly stalledCheckMs?: number;
}

/** Runs the jobs of every context that has consumers. */
export class QueueWorkers {
  readonly #options: QueueWorkersOptions;
  readonly #consumers: ReadonlyMap<string, QueueConsumer>;
  readonly #workers: Worker[] = [];

  /** QUEUE_TOPIC_CLAIMED_TWICE when two consumers name one topic. */
  constructor(options: QueueWorkersOptions) {
    this.#options = options;
    this.#consumers = byTopic(options.consumers);
  }

  start(): void {
    const { backend, consumers, concurrency, lockMs, stalledCheckMs } = this.#options;
    for (const [name, group] of byQueue(consumers)) {
      const wanted = group.map((consumer) => consumer.concurrency).filter((count) => count !== undefined);
      const worker = backend.worker(name, (job) => this.#run(job), {
        concurrency: wanted.length > 0 ? Math.max(...wanted) : concurrency,
        lockDuration: lockMs ?? LOCK_MS,
        stalledInterval: stalledCheckMs ?? STALLED_CHECK_MS,
        maxStalledCount: STALLED_MAX,
      });
      this.#workers.push(worker);
    }
  }

  /** Stops taking jobs and waits for those that run. */
  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
    this.#workers.length = 0;
  }

  async #run(job: Job<unknown>): Promise<void> {
    const consumer = this.#consumers.get(job.name);
    if (!consumer) throw this.#failed(job, new QueueError('QUEUE_TOPIC_UNKNOWN', 'nobody handles this topic'));
    const parsed = consumer.payload.safeParse(job.data);
    if (!parsed.success) {
      this.#failed(job, new QueueError('QUEUE_PAYLOAD_INVALID', 'the payload does not fit its topic'));
      throw new UnrecoverableError('QUEUE_PAYLOAD_INVALID');
    }
    try {
      await consumer.handle(parsed.data, runOf(job));
    } catch (error) {
      throw this.#failed(job, error);
    }
  }

  /** Logs a failure without payload and gives the error that the queue may store: a code or a kind, never a message. */
  #failed(job: Job<unknown>, error: unknown): Error {
    const fields = { topic: job.name, jobId: job.id, attempt: job.attemptsMade + 1 };
    this.#options.logger.error('a job failed', error, fields);
    const shown = new Error(
      error instanceof DomainError ? error.code : error instanceof Error ? error.name : 'unknown error',
    );
    shown.stack = undefined; // BullMQ stores stacks beside the job
    return shown;
  }
}

function byTopic(consumers: readonly QueueConsumer[]): ReadonlyMap<string, QueueConsumer> {
  const map = new Map<string, QueueConsumer>();
  for (const consumer of consumers) {
    queueOf(consumer.topic);
    if (map.has(consumer.topic)) {
      throw new QueueError('QUEUE_TOPIC_CLAIMED_TWICE', `two consumers handle ${consumer.topic}`);
    }
    map.set(consumer.topic, consumer);
  }
  return map;
}

function runOf(job: Job<unknown>): JobRun {
  const attempt = job.attemptsMade + 1;
  return { id: job.id ?? '', attempt, isLast: attempt >= (job.opts.attempts ?? ATTEMPTS_MAX) };
}
