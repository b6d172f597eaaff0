import { Injectable } from '@nestjs/common';
import type { OrderId } from '@aceso/kernel';
import { Database, Runtime, type Tx } from '@aceso/platform';
import { abandonOpen, insertAttempt, openAttempt, type AttemptId } from './data/attempt.store';
import { lockOrderState, type OrderInWork } from './data/order.store';
import { setStage } from './data/progress.store';
import { afterAbandoned, ATTEMPTS_MAX } from './domain/attempt';
import { ExtractionError } from './extraction.errors';
import { nextAttempt, type NextAttempt } from './next-attempt';
import { OrderEnding } from './order-ending';
import { WorkFolders } from './work-folders';

/** A step of the queue, and whether a failure of it now is final. */
interface Step {
  readonly orderId: OrderId;
  readonly isLast: boolean;
}

/**
 * Counts what failed for good, whatever the reason: every such failure costs the order one attempt, and the last attempt
 * ends it. So no order stays in work for ever. The next attempt comes from the reconciler, which waits longer each time:
 * a failure of the instance may pass meanwhile.
 */
@Injectable()
export class FailedWork {
  constructor(
    private readonly database: Database,
    private readonly ending: OrderEnding,
    private readonly folders: WorkFolders,
    private readonly runtime: Runtime,
  ) {}

  /** Runs a step of an attempt (emission or release); its last failure gives the attempt up. Throws what the step throws. */
  async orAbandon(attempt: Step & { readonly attemptId: AttemptId }, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      // Being overtaken is no failure of the work: another worker has it, and answers for it.
      if (attempt.isLast && !isOvertaken(error)) await this.abandon(attempt.orderId, attempt.attemptId);
      throw error;
    }
  }

  /** Runs the planning of an order; its last failure counts as an attempt that nobody was in. Throws what the step throws. */
  async orCount({ orderId, isLast }: Step, plan: () => Promise<void>): Promise<void> {
    try {
      await plan();
    } catch (error) {
      if (isLast) {
        await this.database.transaction('worker', (tx) => this.count(tx, orderId));
        await this.folders.clear(orderId);
      }
      throw error;
    }
  }

  private async abandon(orderId: OrderId, attemptId: AttemptId): Promise<void> {
    await this.database.transaction('worker', async (tx) => {
      await lockOrderState(tx, orderId);
      if (await abandonOpen(tx, attemptId, 'WORK_FAILED')) await setStage(tx, orderId, 'planning');
    });
  }

  /** An attempt that is under way is not touched: how often it may come into the queue is limited, too. */
  private async count(tx: Tx, orderId: OrderId): Promise<void> {
    const order = await lockOrderState(tx, orderId);
    const next = order && !(await openAttempt(tx, orderId)) ? await nextAttempt(tx, order) : null;
    if (!order || !next) return;
    if (next.number <= ATTEMPTS_MAX) await this.insertEmpty(tx, order, next);
    const refusal = afterAbandoned(Math.min(next.number, ATTEMPTS_MAX), 'WORK_FAILED');
    if (refusal !== 'again') await this.ending.giveUp(tx, order, refusal);
  }

  private async insertEmpty(tx: Tx, { id: orderId }: Pick<OrderInWork, 'id'>, next: NextAttempt): Promise<void> {
    const { edition, number } = next;
    const id = this.runtime.uuid();
    const recordDate = this.runtime.recordDate();
    const nothing = { recordDate, generalisation: {}, plan: {}, planCheckpoint: null };
    await insertAttempt(tx, { id, orderId, edition, number, ...nothing }, []);
    await abandonOpen(tx, id, 'WORK_FAILED');
  }
}

function isOvertaken(error: unknown): boolean {
  return error instanceof ExtractionError && error.code === 'ATTEMPT_OVERTAKEN';
}
