import type { Json } from '@aceso/kernel';
import type { JobsOptions } from 'bullmq';
import type { FlowProducer, Queue, QueueBackend } from './queue-backend';
import { ATTEMPTS_MAX, BACKOFF_MS, COMPLETED_KEPT, FAILED_KEPT } from './limits';
import { jobIdOf, queueOf } from './topic';

/** A job to enqueue. */
export interface NewJob {
  readonly topic: string;
  /** Ids only. */
  readonly payload: { readonly [name: string]: Json };
  /** While BullMQ holds a job of this id, in whatever state, adding it again changes nothing. */
  readonly id: string;
  readonly delayMs?: number;
}

/** A job that runs after all its children succeeded. When one fails for good, so does this one. */
export interface FlowJob extends NewJob {
  readonly children?: readonly FlowJob[];
}

const LIVE = new Set(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children', 'paused']);

/** Where the relay, the reconciler and flows put jobs; one BullMQ queue a context, opened at first use. */
export class JobQueues {
  readonly #queues = new Map<string, Queue>();
  #flows: FlowProducer | undefined;

  constructor(private readonly backend: QueueBackend) {}

  /**
   * Adds jobs; they may run in any order. One by one: BullMQ's bulk function makes temporary tables in PostgreSQL,
   * which the worker's role may not.
   */
  async addAll(jobs: readonly NewJob[]): Promise<void> {
    const adding = jobs.map((job) => this.queue(queueOf(job.topic)).add(job.topic, job.payload, optionsOf(job)));
    await Promise.all(adding);
  }

  /** Adds a tree of jobs, all or none. */
  async addFlow(flow: FlowJob): Promise<void> {
    this.#flows ??= this.backend.flows();
    await this.#flows.add(nodeOf(flow));
  }

  /** BullMQ's word for where a job is, `unknown` for one that it does not hold. */
  stateOf(topic: string, id: string): Promise<string> {
    return this.queue(queueOf(topic)).getJobState(id);
  }

  /** True while a job of this id waits, runs or waits for its children. */
  async isLive(topic: string, id: string): Promise<boolean> {
    return LIVE.has(await this.stateOf(topic, id));
  }

  /** The queue of a context; for tests and figures. */
  queue(name: string): Queue {
    const known = this.#queues.get(name);
    if (known) return known;
    const opened = this.backend.queue(name);
    this.#queues.set(name, opened);
    return opened;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#queues.clear();
    await this.#flows?.close();
    this.#flows = undefined;
  }
}

function optionsOf({ id, delayMs }: NewJob): JobsOptions {
  return {
    jobId: jobIdOf(id),
    attempts: ATTEMPTS_MAX,
    backoff: { type: 'exponential', delay: BACKOFF_MS },
    removeOnComplete: COMPLETED_KEPT,
    removeOnFail: FAILED_KEPT,
    ...(delayMs === undefined ? {} : { delay: delayMs }),
  };
}

type FlowNode = Parameters<FlowProducer['add']>[0];

function nodeOf(job: FlowJob, isChild = false): FlowNode {
  const opts = { ...optionsOf(job), ...(isChild && { failParentOnFailure: true }) };
  const node = { name: job.topic, queueName: queueOf(job.topic), data: job.payload, opts };
  if (!job.children?.length) return node;
  return { ...node, children: job.children.map((child) => nodeOf(child, true)) } as FlowNode;
}
