import { Injectable } from '@nestjs/common';
import { JobQueues, type FlowJob } from './job-queues';

/**
 * Adds trees of jobs from within a job: plan → shards → release. Not part of a transaction: add a flow after its rows
 * are committed, under ids with an attempt number (`shard-<attempt id>-<n>`), and let the reconciler find what was lost
 * in between.
 */
@Injectable()
export class FlowQueue {
  constructor(private readonly queues: JobQueues) {}

  /** Adds the tree, all or none; ids that BullMQ still holds are left as they are. */
  add(flow: FlowJob): Promise<void> {
    return this.queues.addFlow(flow);
  }
}
