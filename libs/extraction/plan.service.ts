import { Injectable } from '@nestjs/common';
import { POLICIES, policyHash, policyNamed, pseudonymsUnder, type Policy } from '@aceso/deidentification/domain';
import { assert, type OrderId, type PersonId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { Database, hmacSha256, Runtime, sha256, type Tx } from '@aceso/platform';
import { buyerStop, stopAttempt } from './buyer-licence';
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
import { historyMark } from './data/history.store';
import { databaseNow, type OrderInWork } from './data/order.store';
import { setStage } from './data/progress.store';
import { shardStates } from './data/shard.store';
import { afterAbandoned, afterStop, ATTEMPTS_MAX, FLOWS_MAX, type BuyerStop } from './domain/attempt';
import { planOrder, type Plan, type PlanTerms } from './domain/plan';
import { ExtractionError } from './extraction.errors';
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

type PlannedCandidate = Candidate & { readonly pseudonym: string };
type Planned = Extract<Plan<PlannedCandidate>, { possible: true }>;

/** What a plan is made of, as it was at one moment. */
interface Measured {
  readonly order: OrderInWork;
  readonly next: NextAttempt;
  readonly persons: readonly PlannedCandidate[];
  readonly terms: PlanTerms;
  /** See {@link historyMark}. */
  readonly history: string;
}

/** How often a plan is made anew when something moved while it was made. */
export const PLAN_ROUNDS_MAX = 3;

/**
 * Plan and measure: fixes who is in an attempt, how far their attributes are generalised, and in which shards they are
 * read. Asked again, it answers with the attempt that is under way. The plan is made between two transactions under the
 * order's lock, so that nobody waits for it; the second one begins the attempt unless the order, or what the buyer has, has
 * moved. Whoever's gate moves meanwhile is found by emission and release, as at any later moment.
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

  /**
   * Plans the next attempt of a funded or renewing order; null when there is nothing left to do for it. Throws
   * ATTEMPT_OVERTAKEN when the order moves on each time that it is planned.
   */
  async plan(orderId: OrderId): Promise<PlannedWork | null> {
    const checkpoint = (await this.ledger.checkpoint())?.text ?? null;
    for (let round = 1; round <= PLAN_ROUNDS_MAX; round += 1) {
      const measured = await this.database.transaction('worker', (tx) => this.begin(tx, orderId));
      if (!measured || 'shards' in measured) return measured;
      const plan = planOrder(measured.persons, measured.terms);
      // The release judges once more: a history that never rests costs an attempt and no privacy.
      const mayMove = round === PLAN_ROUNDS_MAX;
      const work = await this.database.transaction('worker', (tx) =>
        this.settle(tx, measured, { plan, checkpoint, mayMove }),
      );
      if (work !== 'moved') return work;
    }
    throw new ExtractionError('ATTEMPT_OVERTAKEN', 'the order moved on while it was planned: plan it again');
  }

  /** What is to be planned; or the attempt under way, or null when nothing is left to do, or nothing now. */
  private async begin(tx: Tx, orderId: OrderId): Promise<Measured | PlannedWork | null> {
    const order = await this.ending.lock(tx, orderId);
    const open = await openAttempt(tx, orderId);
    const stop = await buyerStop(tx, order.buyerId);
    if (stop) return this.hold(tx, order, { open, stop });
    const isRetired = !isShipped(order.content.policy);
    if (open && !isRetired && open.flows < FLOWS_MAX) return this.workOf(tx, open);
    if (open) await abandonOpen(tx, open.id, 'WORK_FAILED');
    const next = await nextAttempt(tx, order);
    if (!next) return null;
    if (isRetired) return this.ending.giveUp(tx, order, 'POLICY_RETIRED');
    const refusal = next.lastReason && afterAbandoned(next.number - 1, next.lastReason);
    if (refusal && refusal !== 'again') return this.ending.giveUp(tx, order, refusal);
    assert(next.number <= ATTEMPTS_MAX, 'an attempt beyond the last one is never planned');
    const measured = await this.measure(tx, order, next);
    // From here on it cannot be cancelled: the sale key is made, and the plan would be for nothing.
    await this.ending.markInWork(tx, order);
    return measured;
  }

  /** Nothing is done for a stopped buyer: its order waits, with the money in escrow, and after a time it ends. */
  private async hold(
    tx: Tx,
    order: OrderInWork,
    { open, stop }: { readonly open: Attempt | null; readonly stop: NonNullable<BuyerStop> },
  ): Promise<null> {
    if (open) await stopAttempt(tx, order, open.id);
    if (afterStop(stop, await databaseNow(tx)) === 'wait' || !(await nextAttempt(tx, order))) return null;
    return this.ending.giveUp(tx, order, 'BUYER_STOPPED');
  }

  /** Begins the attempt, or gives the order up; `moved` when it was planned for what is no more. */
  private async settle(
    tx: Tx,
    measured: Measured,
    made: { readonly plan: Plan<PlannedCandidate>; readonly checkpoint: string | null; readonly mayMove: boolean },
  ): Promise<PlannedWork | null | 'moved'> {
    const order = await this.ending.lock(tx, measured.order.id);
    const open = await openAttempt(tx, order.id);
    const next = await nextAttempt(tx, order);
    if (open || !next || next.edition !== measured.next.edition || next.number !== measured.next.number) return 'moved';
    if (!made.mayMove && (await historyMark(tx, order.buyerId)) !== measured.history) return 'moved';
    if (!made.plan.possible) return this.ending.giveUp(tx, order, made.plan.reason);
    return this.record(tx, { order, measured, planned: made.plan, checkpoint: made.checkpoint });
  }

  /** What an attempt that is under way leaves to do. */
  private async workOf(tx: Tx, { id, orderId }: Attempt): Promise<PlannedWork> {
    return { orderId, attemptId: id, shards: (await shardStates(tx, id)).open };
  }

  /** Finds who may be in the order and how far their attributes must be generalised. */
  private async measure(tx: Tx, order: OrderInWork, next: NextAttempt): Promise<Measured> {
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
    const terms = {
      k: classSizeOf(order, policy),
      personsMax: order.personsMax,
      asOf: recordDate,
      ...(next.fixed && { fixed: next.fixed }),
    };
    return { order, next, persons, terms, history: await historyMark(tx, order.buyerId) };
  }

  /** Before a package is made anew: whoever moved leaves, and nobody comes in who was not paid. */
  private async stillIn(tx: Tx, { id }: OrderInWork, renewed: AttemptId): Promise<ReadonlySet<PersonId>> {
    const { all, moved } = await releasedMembers(tx, renewed, this.selection.minorFrom());
    await this.leaving.leaveOut(tx, id, { persons: moved, reason: 'GATE_MOVED' });
    return all;
  }

  private async record(
    tx: Tx,
    work: { order: OrderInWork; measured: Measured; planned: Planned; checkpoint: string | null },
  ): Promise<PlannedWork> {
    const { order, measured, planned, checkpoint } = work;
    const { next, terms } = measured;
    const attempt: NewAttempt = {
      id: this.runtime.uuid(),
      orderId: order.id,
      edition: next.edition,
      number: next.number,
      recordDate: terms.asOf,
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
    await setStage(tx, order.id, 'extracting');
    return { orderId: order.id, attemptId: attempt.id, shards: planned.shards.map((shard) => shard.index) };
  }
}

/** Whether this release has the policy of a request: after an update it may have another version, which nobody agreed to. */
const isShipped = ({ name, hash }: OrderInWork['content']['policy']): boolean =>
  POLICIES.some((policy) => policy.name === name && policyHash(policy, sha256) === hash);

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
