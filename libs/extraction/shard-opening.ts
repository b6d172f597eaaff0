import { Injectable } from '@nestjs/common';
import type { GrantRow } from '@aceso/consent';
import {
  compileProjector,
  quasiIdentifiers,
  type Generalisation,
  type PersonInSale,
  type PersonProjector,
  type QuasiIdentifiers,
} from '@aceso/deidentification/domain';
import { assert, type OrderId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { hmacSha256, type Tx } from '@aceso/platform';
import { RecordReader, type OpenTicket } from '@aceso/register';
import { findAttempt, markEmitted, membersOf, type Attempt, type AttemptId, type Member } from './data/attempt.store';
import { attributesOf, displayTable } from './data/person.store';
import { claimShard } from './data/shard.store';
import { MemberSelection } from './member-selection';
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
  readonly inSale: PersonInSale;
  readonly attributes: QuasiIdentifiers;
  readonly tickets: readonly OpenTicket[];
}

export interface OpenedShard {
  readonly fence: bigint;
  readonly projector: PersonProjector;
  /** By pseudonym. */
  readonly persons: readonly OpenedPerson[];
}

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
  ) {}

  /** Takes the shard; null when it is done or its attempt has ended. */
  async open(tx: Tx, { orderId, attemptId, shard }: ShardJob): Promise<OpenedShard | null> {
    const attempt = await findAttempt(tx, orderId, attemptId);
    const fence = attempt && (await claimShard(tx, { attemptId, index: shard }));
    if (!attempt || fence === null) return null;
    const order = await this.orders.read(tx, orderId);
    const members = await membersOf(tx, attemptId, shard);
    const grants = await this.selection.consenting(
      tx,
      order,
      members.map(({ personId }) => personId),
    );
    const permitted = stillPermitted(members, grants);
    await markEmitted(tx, { attemptId, shard }, new Map(permitted.map((grant) => [grant.personId, grant.gateVersion])));
    const projector = await this.compile(tx, attempt, order);
    const tickets = await this.tickets(tx, permitted, { orderId, buyerId: order.buyerId });
    const persons = await this.persons(tx, { attempt, projector, policy: policyOf(order) }, tickets);
    return { fence, projector, persons };
  }

  private async compile(
    tx: Tx,
    attempt: Attempt,
    order: Awaited<ReturnType<OrderEnding['read']>>,
  ): Promise<PersonProjector> {
    return compileProjector(policyOf(order), {
      saleKey: await this.saleKeys.open(tx, order.id, 'extraction.emitted'),
      hmacSha256,
      asOf: attempt.recordDate,
      generalisation: attempt.generalisation as unknown as Generalisation,
      displayOf: await displayTable(tx),
      fields: order.content.fields,
    });
  }

  /** Access events and unwrapped keys, one set for the shard; every segment up to what the grant names. */
  private async tickets(
    tx: Tx,
    grants: readonly GrantRow[],
    { orderId, buyerId }: { readonly orderId: OrderId; readonly buyerId: string },
  ): Promise<ReadonlyMap<PersonId, readonly OpenTicket[]>> {
    const items = grants.flatMap(({ personId, recordsUpTo }) =>
      recordsUpTo.map(({ sourceRecord, sequence }) => ({
        personId,
        sourceRecordId: sourceRecord as SourceRecordId,
        upToSequence: sequence,
      })),
    );
    const opened = await this.records.prepare(tx, {
      items,
      purpose: 'extraction',
      actorId: null,
      detail: { order: orderId, buyer: buyerId },
    });
    const tickets = new Map<PersonId, OpenTicket[]>(grants.map(({ personId }) => [personId, []]));
    opened.forEach((ticket, at) => tickets.get((items[at] as (typeof items)[number]).personId)?.push(ticket));
    return tickets;
  }

  private async persons(
    tx: Tx,
    sale: {
      readonly attempt: Attempt;
      readonly projector: PersonProjector;
      readonly policy: ReturnType<typeof policyOf>;
    },
    tickets: ReadonlyMap<PersonId, readonly OpenTicket[]>,
  ): Promise<readonly OpenedPerson[]> {
    const known = await attributesOf(tx, [...tickets.keys()]);
    const persons = [...tickets].map(([personId, own]) => {
      const attributes = known.get(personId);
      assert(attributes, 'a person whose gate did not move is in the index');
      return {
        personId,
        inSale: sale.projector.person(personId),
        attributes: quasiIdentifiers(attributes, sale.attempt.recordDate, sale.policy),
        tickets: own,
      };
    });
    return persons.sort((a, b) => (a.inSale.pseudonym < b.inSale.pseudonym ? -1 : 1));
  }
}

/** Members whose grant still verifies and whose gate stands as it did when the attempt was planned. */
function stillPermitted(members: readonly Member[], grants: readonly GrantRow[]): readonly GrantRow[] {
  const planned = new Map(members.map((member) => [member.personId, member]));
  return grants.filter(({ personId, grantDigest, gateVersion }) => {
    const member = planned.get(personId);
    return member?.grantDigest === grantDigest && member.gateVersion === gateVersion;
  });
}
