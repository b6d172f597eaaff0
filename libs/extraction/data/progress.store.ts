import type { OrderId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AttemptId } from './attempt.store';

/** What an order is being worked on, in the order in which it happens. */
export type Stage =
  'planning' | 'extracting' | 'measuring' | 'releasing' | 'packing' | 'ready' | 'refunded' | 'withdrawn';

/** Progress is told in parts of this total, never in persons: exact numbers stand in the package only. */
export const PROGRESS_TOTAL = 100;

/** Finer steps would let the number of persons be computed. */
const PROGRESS_STEP = 5;

export interface Progress {
  readonly stage: Stage;
  /** 0 to {@link PROGRESS_TOTAL}. */
  readonly done: number;
}

/** Notes the stage of an order. */
export async function setStage(tx: Tx, orderId: OrderId, stage: Stage, done = 0): Promise<void> {
  await tx.execute(
    `insert into extraction.progress (order_id, stage, done) values ($1, $2, $3)
     on conflict (order_id) do update set stage = excluded.stage, done = excluded.done, updated_at = clock_timestamp()`,
    [orderId, stage, done],
  );
}

/** Recomputes the progress of the extracting stage from the shards. */
export async function refreshExtracting(tx: Tx, orderId: OrderId, attemptId: AttemptId): Promise<void> {
  await tx.execute(
    `update extraction.progress p set updated_at = clock_timestamp(),
       done = (select $4::bigint * ($3::bigint * sum(persons_done) / (sum(persons) * $4::bigint)) from extraction.shard where attempt_id = $2)
     where p.order_id = $1 and p.stage = 'extracting'`,
    [orderId, attemptId, PROGRESS_TOTAL, PROGRESS_STEP],
  );
}
