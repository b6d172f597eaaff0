import type { Json } from '@aceso/kernel';
import type { ZodType } from 'zod';

/** What a handler may know of the job that runs it. */
export interface JobRun {
  readonly id: string;
  /** 1 for the first run. */
  readonly attempt: number;
  /** True when a failure now is final for this job (the reconciler may bring the work back as another one). */
  readonly isLast: boolean;
}

/**
 * Handles the jobs of one topic. A context's jobs module provides its subclasses; the worker finds and registers them.
 * Jobs come at least once and in any order: what is done already must be seen in rows. A thrown error means another
 * run, later. Errors of DomainError show their code in the queue, all others nothing but their kind.
 */
export abstract class QueueConsumer<Payload = unknown> {
  /** `<context>.<job>`, as in the outbox. */
  abstract readonly topic: string;
  /** Parses what arrives; a payload that does not fit is never retried. Ids only. */
  abstract readonly payload: ZodType<Payload>;
  /** Jobs of this context that one worker process runs at once; the largest of a context's consumers counts. */
  readonly concurrency: number | undefined = undefined;

  abstract handle(payload: Payload, job: JobRun): Promise<void>;
}

/** Work that rows say is not finished. */
export interface UnfinishedItem {
  readonly topic: string;
  readonly payload: { readonly [name: string]: Json };
  /** The same for the same work at every look; becomes part of a job id. */
  readonly key: string;
  /** Ids of jobs of the same context that may be working on it, besides those of the topic itself (shards of a flow). */
  readonly jobIds?: readonly string[];
}

/** Finds the unfinished work of one context, so that a lost queue is refilled. Provided by the jobs module. */
export abstract class UnfinishedWork {
  abstract readonly name: string;
  /** At most some hundred items, oldest first. Reads rows only. */
  abstract find(): Promise<readonly UnfinishedItem[]>;
}
