import { Injectable } from '@nestjs/common';
import type { OrderId } from '@aceso/kernel';
import { Database, Outbox, type Tx } from '@aceso/platform';
import {
  claimAttempt,
  endAttempt,
  findAttempt,
  holdAttempt,
  membersOf,
  retractedSince,
  type Attempt,
  type AttemptId,
} from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import { setStage } from './data/progress.store';
import { shardFiles, type ShardFiles } from './data/shard.store';
import type { AbandonReason } from './domain/attempt';
import { FaultPoints } from './fault-points';
import { OrderEnding } from './order-ending';
import { PackageBuilder, type Compared } from './package-builder';
import { ReleaseCommit, type ReleaseWork } from './release-commit';
import { ReleaseGate } from './release-gate';

/** An attempt whose shards are all done, taken over under a fencing token. */
interface HeldAttempt {
  readonly order: OrderInWork;
  readonly attempt: Attempt;
  readonly fence: bigint;
  readonly shards: readonly ShardFiles[];
  readonly compared: Compared;
  readonly uncounted: ReadonlySet<string>;
}

/** Measures the final files of an attempt and releases them, or gives the attempt up for another one. */
@Injectable()
export class ReleaseService {
  constructor(
    private readonly database: Database,
    private readonly builder: PackageBuilder,
    private readonly gate: ReleaseGate,
    private readonly commit: ReleaseCommit,
    private readonly orders: OrderEnding,
    private readonly outbox: Outbox,
    // Only tests hold a process there; a fault point is no dependency of the decision.
    private readonly faults: FaultPoints,
  ) {}

  /** Does nothing for an attempt that has ended or is not emitted yet. Throws ATTEMPT_OVERTAKEN. */
  async release(orderId: OrderId, attemptId: AttemptId): Promise<void> {
    const held = await this.database.transaction('worker', (tx) => this.hold(tx, orderId, attemptId));
    if (!held) return;
    const { shards, ...work } = held;
    const built = await this.builder.build(work, shards);
    await this.faults.reach('release-files-written');
    await this.database.transaction('worker', async (tx) => {
      const order = await this.orders.lock(tx, orderId);
      await holdAttempt(tx, attemptId, held.fence);
      if (typeof built === 'string') return this.abandon(tx, { ...work, order }, built);
      await this.releaseOrRepeat(tx, { ...work, order, built });
    });
    await this.faults.reach('release-committed');
  }

  private async hold(tx: Tx, orderId: OrderId, attemptId: AttemptId): Promise<HeldAttempt | null> {
    const attempt = await findAttempt(tx, orderId, attemptId);
    const fence = attempt && (await claimAttempt(tx, attemptId));
    if (!attempt || fence === null) return null;
    await setStage(tx, orderId, 'measuring');
    const order = await this.orders.read(tx, orderId);
    const compared = await this.builder.compared(tx, order, attempt);
    const uncounted = await this.uncounted(tx, order, attemptId);
    return { order, attempt, fence, shards: await shardFiles(tx, attemptId), compared, uncounted };
  }

  private async uncounted(tx: Tx, order: OrderInWork, attemptId: AttemptId): Promise<ReadonlySet<string>> {
    const members = await membersOf(tx, attemptId);
    const vouched = await this.gate.vouchedByAffiliates(tx, order, members);
    if (vouched.length === 0) return new Set();
    return new Set((await this.commit.pseudonymsOf(tx, order.id, vouched)).values());
  }

  /** Files are never patched here: one person who may not leave any more, or one resource, sends the whole attempt back. */
  private async releaseOrRepeat(tx: Tx, work: ReleaseWork): Promise<void> {
    const members = (await membersOf(tx, work.attempt.id)).filter(({ state }) => state === 'emitted');
    const stopped = await this.gate.stopped(tx, work.order, members);
    if (stopped.has(work.order.buyerId)) return this.abandon(tx, work, 'BUYER_STOPPED');
    const leaving = await this.gate.leaving(tx, { ...work, stopped }, members);
    if (leaving.length > 0) return this.abandon(tx, work, 'GATE_MOVED');
    if (await retractedSince(tx, work.attempt.id)) return this.abandon(tx, work, 'RECORD_RETRACTED');
    const released = { members, pseudonyms: await this.commit.pseudonymsOf(tx, work.order.id, members) };
    const shown = await this.gate.shown(tx, work, released);
    if (!shown) return this.abandon(tx, work, 'K_NOT_REACHED');
    const packageId = await this.commit.release(tx, { ...work, shown }, released);
    await setStage(tx, work.order.id, 'packing');
    await this.outbox.publish(tx, { topic: 'extraction.deliver', payload: { package: packageId } });
  }

  private async abandon(
    tx: Tx,
    work: { readonly order: OrderInWork; readonly attempt: Attempt; readonly fence: bigint },
    reason: AbandonReason,
  ): Promise<void> {
    await endAttempt(tx, { id: work.attempt.id, fence: work.fence }, { state: 'abandoned', reason });
    await setStage(tx, work.order.id, 'planning');
    await this.outbox.publish(tx, { topic: 'extraction.plan', payload: { orderId: work.order.id } });
  }
}
