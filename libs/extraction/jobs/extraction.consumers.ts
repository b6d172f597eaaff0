import { Injectable } from '@nestjs/common';
import { isUuid, type OrderId } from '@aceso/kernel';
import { Database } from '@aceso/platform';
import { FlowQueue, QueueConsumer, type JobRun } from '@aceso/platform/queue';
import { z } from 'zod';
import { noteFlow } from '../data/attempt.store';
import { DeliveryService } from '../delivery.service';
import { EmissionService } from '../emission.service';
import { FailedWork } from '../failed-work';
import { PlanService } from '../plan.service';
import { ReleaseService } from '../release.service';
import { SaleKeys } from '../sale-keys';
import { WithdrawalPacking } from '../withdrawal-packing';
import { WithdrawalRounds } from '../withdrawal-rounds';
import { WorkFolders } from '../work-folders';
import { extractionFlow, TOPICS } from './extraction-flow';

const Uuid = z.string().refine(isUuid, 'an id');
const PlanJob = z.strictObject({ orderId: Uuid });
const EmitJob = z.strictObject({ order: Uuid, attempt: Uuid, shard: z.int().min(0) });
const ReleaseJob = z.strictObject({ order: Uuid, attempt: Uuid });
const DeliverJob = z.strictObject({ package: Uuid });
const ForgetJob = z.strictObject({});
const WithdrawalsJob = z.strictObject({});
const PackListJob = z.strictObject({ list: Uuid });

/** Plans the next attempt of an order and enqueues its shards with the release behind them. */
@Injectable()
export class PlanConsumer extends QueueConsumer<z.infer<typeof PlanJob>> {
  readonly topic = TOPICS.plan;
  readonly payload = PlanJob;

  constructor(
    private readonly database: Database,
    private readonly plans: PlanService,
    private readonly flows: FlowQueue,
    private readonly folders: WorkFolders,
    private readonly failed: FailedWork,
  ) {
    super();
  }

  async handle({ orderId }: z.infer<typeof PlanJob>, job: JobRun): Promise<void> {
    await this.failed.orCount({ orderId: orderId as OrderId, isLast: job.isLast }, () => this.plan(orderId, job));
  }

  private async plan(orderId: string, job: JobRun): Promise<void> {
    const work = await this.plans.plan(orderId as OrderId);
    if (!work) return this.folders.clear(orderId as OrderId);
    // A run of the same job meets its own flow again; another job (from the reconciler) brings a new one.
    await this.database.transaction('worker', (tx) => noteFlow(tx, work.attemptId, job.id));
    await this.flows.add(extractionFlow(work, job.id));
  }
}

/** Emits one shard. */
@Injectable()
export class EmitConsumer extends QueueConsumer<z.infer<typeof EmitJob>> {
  readonly topic = TOPICS.emit;
  readonly payload = EmitJob;

  constructor(
    private readonly emission: EmissionService,
    private readonly failed: FailedWork,
  ) {
    super();
  }

  async handle({ order, attempt, shard }: z.infer<typeof EmitJob>, { isLast }: JobRun): Promise<void> {
    const ids = { orderId: order as OrderId, attemptId: attempt };
    await this.failed.orAbandon({ ...ids, isLast }, () => this.emission.emit({ ...ids, shard }));
  }
}

/** Measures and releases an attempt, or gives it up. */
@Injectable()
export class ReleaseConsumer extends QueueConsumer<z.infer<typeof ReleaseJob>> {
  readonly topic = TOPICS.release;
  readonly payload = ReleaseJob;

  constructor(
    private readonly releases: ReleaseService,
    private readonly failed: FailedWork,
  ) {
    super();
  }

  async handle({ order, attempt }: z.infer<typeof ReleaseJob>, { isLast }: JobRun): Promise<void> {
    const ids = { orderId: order as OrderId, attemptId: attempt };
    await this.failed.orAbandon({ ...ids, isLast }, () => this.releases.release(ids.orderId, attempt));
  }
}

/** Encrypts a released package for its buyer. */
@Injectable()
export class DeliverConsumer extends QueueConsumer<z.infer<typeof DeliverJob>> {
  readonly topic = TOPICS.deliver;
  readonly payload = DeliverJob;

  constructor(private readonly deliveries: DeliveryService) {
    super();
  }

  async handle({ package: packageId }: z.infer<typeof DeliverJob>): Promise<void> {
    await this.deliveries.deliver(packageId);
  }
}

/** Destroys the sale keys of permits that have ended. */
@Injectable()
export class ForgetConsumer extends QueueConsumer<z.infer<typeof ForgetJob>> {
  readonly topic = TOPICS.forget;
  readonly payload = ForgetJob;

  constructor(
    private readonly database: Database,
    private readonly saleKeys: SaleKeys,
  ) {
    super();
  }

  async handle(): Promise<void> {
    await this.database.transaction('worker', (tx) => this.saleKeys.destroyDue(tx));
  }
}

/** Makes the withdrawal lists of the interval. */
@Injectable()
export class WithdrawalsConsumer extends QueueConsumer<z.infer<typeof WithdrawalsJob>> {
  readonly topic = TOPICS.withdrawals;
  readonly payload = WithdrawalsJob;

  constructor(private readonly rounds: WithdrawalRounds) {
    super();
  }

  async handle(): Promise<void> {
    await this.rounds.run();
  }
}

/** Encrypts a withdrawal list for its buyer. */
@Injectable()
export class PackListConsumer extends QueueConsumer<z.infer<typeof PackListJob>> {
  readonly topic = TOPICS.packList;
  readonly payload = PackListJob;

  constructor(private readonly packing: WithdrawalPacking) {
    super();
  }

  async handle({ list }: z.infer<typeof PackListJob>): Promise<void> {
    await this.packing.pack(list);
  }
}
