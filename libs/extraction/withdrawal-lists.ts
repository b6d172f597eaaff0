import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { StatementService } from '@aceso/identity';
import { asId, hex, type OrderId, type PartyId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { BlobStore, Database, Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  insertAcknowledgement,
  insertListFetch,
  listFetches,
  ownDepartures,
  readyLists,
  type OwnDeparture,
  type ReadyList,
} from './data/withdrawal.store';
import {
  departureState,
  listState,
  WITHDRAWAL_ACKNOWLEDGEMENT,
  type DepartureState,
  type ListState,
} from './domain/withdrawal';
import { ENCRYPTED_LIST_EXTENSION } from './domain/withdrawal-list';
import { ExtractionError } from './extraction.errors';

/** Responses for one list in 24 hours: each is an entry of the ledger. */
export const LIST_FETCHES_A_DAY_MAX = 100;
/** Packages with rows of one patient in one answer, at most. */
export const DEPARTURES_SHOWN_MAX = 500;

/** A list as its buyer sees it before it opens the file. */
export interface ShownList {
  readonly orderId: OrderId;
  readonly number: number;
  readonly fileName: string;
  /** Of the encrypted file. */
  readonly sha256: string;
  readonly bytes: number;
  readonly readyAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly state: ListState;
}

export interface ListDownload extends ShownList {
  readonly content: Readable;
}

/** What left of a patient in one order, and what became of its withdrawal. */
export interface ShownDeparture extends OwnDeparture {
  readonly state: DepartureState;
}

/** Withdrawal lists for the buyer, who fetches and acknowledges them, and for the patient, who sees what had left. */
@Injectable()
export class WithdrawalLists {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly blobs: BlobStore,
    private readonly runtime: Runtime,
  ) {}

  /** Lists of a buyer's own order that can be fetched, by number; none for an order of somebody else. */
  async ofOrder(buyerId: PartyId, orderId: OrderId): Promise<readonly ShownList[]> {
    const lists = await this.database.transaction('api', async (tx) => {
      await tx.actAs(buyerId);
      return readyLists(tx, orderId);
    });
    return lists.map((list) => this.shown(list));
  }

  /**
   * Opens a list for its buyer; the fetch is an access event and a ledger entry, committed before the first byte. Throws
   * WITHDRAWAL_LIST_NOT_FOUND or FETCH_LIMIT_REACHED.
   */
  async open(buyerId: PartyId, orderId: OrderId, number: number): Promise<ListDownload> {
    const list = await this.database.transaction('api', async (tx) => {
      await tx.actAs(buyerId);
      const found = (await readyLists(tx, orderId)).find((each) => each.number === number);
      if (!found) throw notFound();
      if ((await listFetches(tx, found.id)).recent >= LIST_FETCHES_A_DAY_MAX) {
        throw new ExtractionError('FETCH_LIMIT_REACHED', `at most ${LIST_FETCHES_A_DAY_MAX} responses in 24 hours`);
      }
      const { accessEventId, entryId } = await this.writeDown(tx, buyerId, found, {
        act: 'withdrawals.fetched',
        detail: { number, sha256: found.sha256 },
      });
      await insertListFetch(tx, { id: this.runtime.uuid(), listId: found.id, accessEventId, entryId });
      return found;
    });
    return { ...this.shown(list), content: await this.blobs.open(list.blobKey) };
  }

  /**
   * Records, in the acting transaction, that the buyer deleted what a list names; the same statement again changes nothing.
   * Throws WITHDRAWAL_LIST_NOT_FOUND, WITHDRAWAL_LIST_NOT_FETCHED, WITHDRAWAL_LIST_ACKNOWLEDGED or a refusal of the statement.
   */
  async acknowledge(tx: Tx, actor: Actor, text: string): Promise<ShownList> {
    const accepted = await this.statements.accept(tx, text, { ...WITHDRAWAL_ACKNOWLEDGEMENT, actor });
    const { claims, digest, acceptedAt, partyId } = accepted;
    const lists = await readyLists(tx, asId<'Order'>(claims.order));
    const list = lists.find(({ listSha256 }) => listSha256 === claims.list);
    if (!list) throw notFound();
    if (accepted.repeated) return this.shown(list);
    if ((await listFetches(tx, list.id)).all === 0) {
      throw new ExtractionError(
        'WITHDRAWAL_LIST_NOT_FETCHED',
        'fetch the list, delete what it names, then acknowledge it',
      );
    }
    const row = { listId: list.id, statementDigest: hex.decode(digest), at: acceptedAt };
    if (!(await insertAcknowledgement(tx, row))) {
      throw new ExtractionError('WITHDRAWAL_LIST_ACKNOWLEDGED', 'the list was acknowledged before');
    }
    await this.writeDown(tx, partyId, list, {
      act: 'withdrawals.acknowledged',
      detail: { number: list.number, statement: digest },
    });
    return this.shown({ ...list, acknowledgedAt: acceptedAt });
  }

  /** What left of the patient that the transaction acts as in packages that buyers have, newest first, at most {@link DEPARTURES_SHOWN_MAX}. */
  async departures(tx: Tx): Promise<readonly ShownDeparture[]> {
    const own = await ownDepartures(tx, this.statements.ages().minorFrom, DEPARTURES_SHOWN_MAX);
    return own.map((departure) => ({ ...departure, state: departureState(departure, this.runtime.now()) }));
  }

  private shown(list: ReadyList): ShownList {
    const { orderId, number, sha256, bytes, readyAt, acknowledgedAt } = list;
    const fileName = `order-${orderId}-${number}${ENCRYPTED_LIST_EXTENSION}`;
    return {
      orderId,
      number,
      fileName,
      sha256,
      bytes,
      readyAt,
      acknowledgedAt,
      state: listState(list, this.runtime.now()),
    };
  }

  private async writeDown(
    tx: Tx,
    buyerId: PartyId,
    { orderId }: Pick<ReadyList, 'orderId'>,
    { act, detail }: { readonly act: string; readonly detail: { readonly [name: string]: string | number } },
  ) {
    const accessEventId = await this.audit.record(tx, {
      act,
      actorId: buyerId,
      objectType: 'order',
      objectId: orderId,
      outcome: 'permitted',
      detail,
    });
    const entryId = await this.ledger.append(tx, {
      kind: 'order',
      code: act,
      payload: { order: orderId, ...detail },
      subjectId: orderId,
      accessEventId,
    });
    return { accessEventId, entryId };
  }
}

function notFound(): ExtractionError {
  return new ExtractionError('WITHDRAWAL_LIST_NOT_FOUND', 'the order has no such withdrawal list');
}
