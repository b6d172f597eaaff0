import { Injectable } from '@nestjs/common';
import { policyHash, policyNamed, pseudonymsUnder, type Policy } from '@aceso/deidentification/domain';
import { assert, type OrderId, type PersonId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { Database, hmacSha256, Runtime, sha256, type Tx } from '@aceso/platform';
import {
  abandonOpen,
  excludedFrom,
  insertAttempt,
  openAttempt,
  releasedMembers,
  type Attempt,
  type AttemptId,
  type NewAttempt,
} from './data/attempt.store';
import type { OrderInWork } from './data/order.store';
import { setStage } from './data/progress.store';
import { shardStates } from './data/shard.store';
import { afterAbandoned, ATTEMPTS_MAX, FLOWS_MAX } from './domain/attempt';
import { planOrder, type Plan } from './domain/plan';
import { LeavingOut } from './leaving-out';
import { MemberSelection, type Candidate } from './member-selection';
import { nextAttempt, type NextAttempt } from './next-attempt';
import { OrderEnding } from './order-ending';
import { SaleKeys } from './sale-keys';

/** What a plan leaves to do: the shards of one attempt that are not emitted yet. */
export interface PlannedWork {
  readonly orderId: OrderId;
  readonly attemptId: AttemptId;
  readonly shards: readonly number[];
}

type Planned = Extract<Plan<Candidate & { readonly pseudonym: string }>, { possible: true }>;

/**
 * Plan and measure: fixes who is in an attempt, how far their attributes are generalised, and in which shards they are
 * read. One transaction under the order's lock; asked again, it answers with the attempt that is under way.
 */
@Injectable()
export class PlanService {
  constructor(
    private readonly database: Database,
    private readonly selection: MemberSelection,
    private readonly saleKeys: SaleKeys,
    private readonly ending: OrderEnding,
    private readonly ledger: Ledger,
    private readonly runtime: Runtime,
    // Seven: who leaves an order is told so wherever it happens.
    private readonly leaving: LeavingOut,
  ) {}

  /** Plans the next attempt of a funded or renewing order; null when there is nothing left to do for it. */
  async plan(orderId: OrderId): Promise<PlannedWork | null> {
    const checkpoint = await this.ledger.checkpoint();
    return this.database.transaction('worker', async (tx) => {
      const order = await this.ending.lock(tx, orderId);
      const open = await openAttempt(tx, orderId);
      if (open && open.flows < FLOWS_MAX) return this.workOf(tx, open);
      if (open) await abandonOpen(tx, open.id, 'WORK_FAILED');
      const next = await nextAttempt(tx, order);
      if (!next) return null;
      const refusal = next.lastReason && afterAbandoned(next.number - 1, next.lastReason);
      if (refusal && refusal !== 'again') return this.ending.giveUp(tx, order, refusal);
      assert(next.number <= ATTEMPTS_MAX, 'an attempt beyond the last one is never planned');
      const planned = await this.measure(tx, order, next);
      if (!planned.possible) return this.ending.giveUp(tx, order, planned.reason);
      return this.record(tx, { order, next, planned, checkpoint: checkpoint?.text ?? null });
    });
  }

  /** What an attempt that is under way leaves to do. */
  private async workOf(tx: Tx, { id, orderId }: Attempt): Promise<PlannedWork> {
    return { orderId, attemptId: id, shards: (await shardStates(tx, id)).open };
  }

  /** Finds who may be in the order and how far their attributes must be generalised. */
  private async measure(
    tx: Tx,
    order: OrderInWork,
    next: NextAttempt,
  ): Promise<Plan<Candidate & { pseudonym: string }>> {
    const policy = policyOf(order);
    const paid = next.renewed === undefined ? null : await this.stillIn(tx, order, next.renewed);
    const excluded = await excludedFrom(tx, order.id);
    const recordDate = this.runtime.recordDate();
    const at = { recordDate, policy, excluded };
    const consenting = await this.selection.candidates(tx, order, at);
    const candidates = paid ? consenting.filter(({ personId }) => paid.has(personId)) : consenting;
    await this.saleKeys.provide(tx, order.id);
    const saleKey = await this.saleKeys.open(tx, order.id, 'extraction.planned');
    const pseudonymise = pseudonymsUnder(saleKey, hmacSha256);
    const persons = candidates.map((candidate) => ({
      ...candidate,
      pseudonym: pseudonymise('pseudonym/Patient', candidate.personId),
    }));
    return planOrder(persons, {
      k: classSizeOf(order, policy),
      personsMax: order.personsMax,
      asOf: recordDate,
      ...(next.fixed && { fixed: next.fixed }),
    });
  }

  /** Before a package is made anew: whoever moved leaves, and nobody comes in who was not paid. */
  private async stillIn(tx: Tx, { id }: OrderInWork, renewed: AttemptId): Promise<ReadonlySet<PersonId>> {
    const { all, moved } = await releasedMembers(tx, renewed);
    await this.leaving.leaveOut(tx, id, { persons: moved, reason: 'GATE_MOVED' });
    return all;
  }

  private async record(
    tx: Tx,
    work: { order: OrderInWork; next: NextAttempt; planned: Planned; checkpoint: string | null },
  ): Promise<PlannedWork> {
    const { order, next, planned, checkpoint } = work;
    const attempt: NewAttempt = {
      id: this.runtime.uuid(),
      orderId: order.id,
      edition: next.edition,
      number: next.number,
      recordDate: this.runtime.recordDate(),
      generalisation: { ...planned.generalisation },
      plan: { suppressed: planned.suppressed, loss: planned.loss },
      planCheckpoint: checkpoint,
    };
    const members = planned.shards.flatMap(({ index, persons }) =>
      persons.map(({ personId, grantDigest, gateVersion, providerIds }) => ({
        personId,
        grantDigest,
        gateVersion,
        providerIds,
        shardIndex: index,
      })),
    );
    await insertAttempt(tx, attempt, members);
    await this.ending.markInWork(tx, order);
    await setStage(tx, order.id, 'extracting');
    return { orderId: order.id, attemptId: attempt.id, shards: planned.shards.map((shard) => shard.index) };
  }
}

/** The policy that patients agreed to, byte for byte. */
export function policyOf(order: OrderInWork): Policy {
  const policy = policyNamed(order.content.policy.name);
  assert(policyHash(policy, sha256) === order.content.policy.hash, 'the policy is the one that patients agreed to');
  return policy;
}

/** Smallest class in the files of an order: what was agreed to, and never less than the policy and the instance ask for. */
export function classSizeOf(order: OrderInWork, policy: Policy): number {
  return Math.max(order.content.k, policy.classSizeMin, order.classSizeMin);
}
