import type { FlowJob } from '@aceso/platform/queue';
import type { PlannedWork } from '../plan.service';

export const TOPICS = {
  plan: 'extraction.plan',
  emit: 'extraction.emit',
  release: 'extraction.release',
  deliver: 'extraction.deliver',
  forget: 'extraction.forget-keys',
  withdrawals: 'extraction.withdrawals',
  packList: 'extraction.pack-list',
} as const;

/** Id of the job that releases an attempt; while it lives, so does the whole flow. */
export function releaseJobId(attemptId: string, flowKey: string): string {
  return `release-${attemptId}-${flowKey}`;
}

/** The release behind one job a shard. Jobs hold the order, the attempt and the shard, never a person. */
export function extractionFlow({ orderId, attemptId, shards }: PlannedWork, flowKey: string): FlowJob {
  const ids = { order: orderId, attempt: attemptId };
  return {
    topic: TOPICS.release,
    payload: ids,
    id: releaseJobId(attemptId, flowKey),
    children: shards.map((shard) => ({
      topic: TOPICS.emit,
      payload: { ...ids, shard },
      id: `emit-${attemptId}-${shard}-${flowKey}`,
    })),
  };
}
