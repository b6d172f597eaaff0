import type { Generalisation } from '@aceso/deidentification/domain';
import { assert } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { attemptsOf, type AttemptId } from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import { currentPackage } from './data/package.store';
import type { AbandonReason } from './domain/attempt';

/** Where an order stands between two attempts. */
export interface NextAttempt {
  readonly edition: number;
  readonly number: number;
  readonly fixed?: Generalisation;
  /** The attempt whose package is made anew: nobody who is not in it can come in. */
  readonly renewed?: AttemptId;
  /** Why the attempt before was given up. */
  readonly lastReason?: AbandonReason;
}

/** The next attempt of an order; null when it was released and is not being made anew, or was refunded. */
export async function nextAttempt(tx: Tx, order: Pick<OrderInWork, 'id' | 'state'>): Promise<NextAttempt | null> {
  const attempts = await attemptsOf(tx, order.id);
  const [last] = attempts;
  if (order.state === 'funded' || order.state === 'extracting') {
    return { edition: 1, number: (last?.number ?? 0) + 1, ...(last?.reason && { lastReason: last.reason }) };
  }
  const released = await currentPackage(tx, order.id);
  if (released?.state !== 'renewing' || !last) return null;
  const before = attempts.find(({ id }) => id === released.attemptId);
  assert(before, 'a package comes from an attempt of its order');
  const edition = released.edition + 1;
  const renewal = { edition, fixed: before.generalisation as unknown as Generalisation, renewed: before.id };
  if (last.edition < edition) return { ...renewal, number: 1 };
  return { ...renewal, number: last.number + 1, ...(last.reason && { lastReason: last.reason }) };
}
