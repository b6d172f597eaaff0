import { Injectable } from '@nestjs/common';
import type { ResearchUse } from '@aceso/consent/domain';
import {
  pseudonymsUnder,
  quasiIdentifiers,
  type Generalisation,
  type Pseudonymise,
  type QuasiIdentifiers,
} from '@aceso/deidentification/domain';
import { assert, type OrderId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { hmacSha256, type Tx } from '@aceso/platform';
import { RecordReader, RegisterError, type OpenTicket, type ReadReason } from '@aceso/register';
import { buyerStop, stopAttempt } from './buyer-licence';
import { findAttempt, markEmitted, membersOf, type Attempt, type AttemptId, type Member } from './data/attempt.store';
import { attributesOf, displayTable } from './data/person.store';
import { claimShard } from './data/shard.store';
import { DateShifts } from './date-shifts';
import type { EmittedSale } from './emitted-sale';
import { LeavingOut } from './leaving-out';
import { MemberSelection, type VerifiedGrant } from './member-selection';
import { OrderEnding } from './order-ending';
import { policyOf } from './plan.service';
import { SaleKeys } from './sale-keys';

/** One unit of emission, as a job names it. */
export interface ShardJob {
  readonly orderId: OrderId;
  readonly attemptId: AttemptId;
  readonly shard: number;
}

/** One person whose records may be read now. */
export interface OpenedPerson {
  readonly personId: PersonId;
  readonly pseudonym: string;
  /** Undefined where the projector derives it. */
  readonly shiftDays: number | undefined;
  readonly attributes: QuasiIdentifiers;
  /** What the person's rules leave of the records. */
  readonly use: ResearchUse;
  readonly tickets: readonly OpenTicket[];
}

export interface OpenedShard {
  readonly fence: bigint;
  readonly sale: EmittedSale;
  /** By pseudonym. */
  readonly persons: readonly OpenedPerson[];
}

/** Rights to read, by person. */
type Tickets = ReadonlyMap<PersonId, readonly OpenTicket[]>;

/**
 * Opens the records of a shard: consent is verified from the signed bytes, the gate's version noted, the access event of
 * every person written and the keys unwrapped, all in one transaction that commits before the first record is read.
 */
@Injectable()
export class ShardOpening {
  constructor(
    private readonly selection: MemberSelection,
    private readonly saleKeys: SaleKeys,
    private readonly records: RecordReader,
    private readonly orders: OrderEnding,
    private readonly shifts: DateShifts,
    private readonly leaving: LeavingOut,
  ) {}

  /**
   * Takes the shard; null when it is done, its attempt has ended or its buyer is stopped, which ends the attempt. A damaged or erased record throws a RegisterError;
   * opened again `oneByOne`, its person is left out of the order instead.
   */
  async open(tx: Tx, { orderId, attemptId, shard }: ShardJob, oneByOne = false): Promise<OpenedShard | null> {
    const attempt = await findAttempt(tx, orderId, attemptId);
    const fence = attempt && (await claimShard(tx, { attemptId, index: shard }));
    if (!attempt || fence === null) return null;
    const order = await this.orders.read(tx, orderId);
    if (await buyerStop(tx, order.buyerId)) {
      await stopAttempt(tx, order, attemptId);
      return null;
    }
    const members = await membersOf(tx, attemptId, shard);
    const grants = await this.selection.consenting(
      tx,
      order,
      members.map(({ personId }) => personId),
    );
    const granted = stillPermitted(members, grants);
    const open = new Set(granted.map(({ personId }) => personId));
    const left = members.map(({ personId }) => personId).filter((personId) => !open.has(personId));
    await this.leaving.leaveOut(tx, orderId, { persons: left, reason: 'GATE_MOVED' });
    const saleKey = await this.saleKeys.open(tx, order.id, 'extraction.emitted');
    const shifted = { orderId, saleKey, dates: policyOf(order).dates };
    const exhausted = await this.shifts.settle(tx, shifted, [...open]);
    await this.leaving.leaveOut(tx, orderId, { persons: exhausted, reason: 'SHIFTS_EXHAUSTED' });
    const permitted = granted.filter(({ personId }) => !exhausted.includes(personId));
    const sale = await saleOf(tx, { attempt, order, saleKey });
    const reason = {
      purpose: 'research',
      basis: 'grant',
      actorId: null,
      detail: { order: orderId, buyer: order.buyerId },
    };
    const tickets = await (oneByOne ? this.readable(tx, permitted, reason) : this.tickets(tx, permitted, reason));
    const damaged = permitted.map(({ personId }) => personId).filter((personId) => !tickets.has(personId));
    await this.leaving.leaveOut(tx, orderId, { persons: damaged, reason: 'RECORD_UNREADABLE' });
    const emitted = permitted.filter(({ personId }) => tickets.has(personId));
    await markEmitted(tx, { attemptId, shard }, new Map(emitted.map((grant) => [grant.personId, grant.gateVersion])));
    const pseudonymise = pseudonymsUnder(saleKey, hmacSha256);
    const uses = new Map(emitted.map(({ personId, use }) => [personId, use]));
    const persons = await this.persons(tx, { attempt, pseudonymise, policy: policyOf(order), saleKey, uses }, tickets);
    return { fence, sale, persons };
  }

  /** Access events and unwrapped keys, one set for all; every record up to the head that was signed. */
  private async tickets(tx: Tx, grants: readonly VerifiedGrant[], reason: ReadReason): Promise<Tickets> {
    const items = grants.flatMap(({ personId, recordsUpTo }) =>
      recordsUpTo.map(({ sourceRecord, sequence, digest }) => ({
        personId,
        sourceRecordId: sourceRecord as SourceRecordId,
        upToSequence: sequence,
        digest,
      })),
    );
    const tickets = new Map<PersonId, OpenTicket[]>(grants.map(({ personId }) => [personId, []]));
    for (const ticket of await this.records.prepare(tx, items, reason)) tickets.get(ticket.personId)?.push(ticket);
    return tickets;
  }

  /** The same person by person, without those of whom a record is damaged or gone. */
  private async readable(tx: Tx, grants: readonly VerifiedGrant[], reason: ReadReason): Promise<Tickets> {
    const tickets = new Map<PersonId, readonly OpenTicket[]>();
    for (const grant of grants) {
      try {
        for (const [personId, own] of await this.tickets(tx, [grant], reason)) tickets.set(personId, own);
      } catch (error) {
        if (!(error instanceof RegisterError)) throw error;
      }
    }
    return tickets;
  }

  private async persons(
    tx: Tx,
    sale: {
      readonly attempt: Attempt;
      readonly pseudonymise: Pseudonymise;
      readonly policy: ReturnType<typeof policyOf>;
      readonly saleKey: Uint8Array;
      readonly uses: ReadonlyMap<PersonId, ResearchUse>;
    },
    tickets: Tickets,
  ): Promise<readonly OpenedPerson[]> {
    const shifted = { orderId: sale.attempt.orderId, saleKey: sale.saleKey, dates: sale.policy.dates };
    const shifts = await this.shifts.of(tx, shifted, [...tickets.keys()]);
    const known = await attributesOf(tx, [...tickets.keys()]);
    const persons = [...tickets].map(([personId, own]) => {
      const attributes = known.get(personId);
      const use = sale.uses.get(personId);
      assert(attributes, 'a person whose gate did not move is in the index');
      assert(use, 'whose records are opened was decided on');
      return {
        personId,
        pseudonym: sale.pseudonymise('pseudonym/Patient', personId),
        shiftDays: shifts.get(personId),
        attributes: quasiIdentifiers(attributes, sale.attempt.recordDate, sale.policy),
        use,
        tickets: own,
      };
    });
    return persons.sort((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1));
  }
}

async function saleOf(
  tx: Tx,
  sale: {
    readonly attempt: Attempt;
    readonly order: Awaited<ReturnType<OrderEnding['read']>>;
    readonly saleKey: Uint8Array;
  },
): Promise<EmittedSale> {
  const { attempt, order, saleKey } = sale;
  return {
    policy: policyOf(order),
    saleKey,
    asOf: attempt.recordDate,
    generalisation: attempt.generalisation as unknown as Generalisation,
    displays: await displayTable(tx),
    fields: order.content.fields,
  };
}

/** Members whose grant still verifies and whose gate stands as it did when the attempt was planned. */
function stillPermitted(members: readonly Member[], grants: readonly VerifiedGrant[]): readonly VerifiedGrant[] {
  const planned = new Map(members.map((member) => [member.personId, member]));
  return grants.filter(({ personId, grantDigest, gateVersion }) => {
    const member = planned.get(personId);
    return member?.grantDigest === grantDigest && member.gateVersion === gateVersion;
  });
}
