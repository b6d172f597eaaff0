import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { abandonOpen, type AttemptId } from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import { setStage } from './data/progress.store';
import type { BuyerStop } from './domain/attempt';

/** Since when the buyer of an order may not act; null when it may. Without a lock: the release holds the licence. */
export async function buyerStop(tx: Pick<Tx, 'query'>, buyerId: PartyId): Promise<BuyerStop> {
  const [stop] = await tx.query<NonNullable<BuyerStop>>(
    'select since, revoked from identity.stopped_since($1, clock_timestamp())',
    [buyerId],
  );
  return stop ?? null;
}

/** Gives an attempt up whose buyer was stopped: what it made is for nobody. */
export async function stopAttempt(tx: Tx, { id }: Pick<OrderInWork, 'id'>, attemptId: AttemptId): Promise<void> {
  if (await abandonOpen(tx, attemptId, 'BUYER_STOPPED')) await setStage(tx, id, 'planning');
}
