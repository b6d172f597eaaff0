import { Inject, Injectable } from '@nestjs/common';
import { AffiliationService } from '@aceso/identity';
import { DAY_SECONDS, minorFrom } from '@aceso/identity/domain';
import type { OrderId, PartyId, PersonId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { CONFIG, Database, Outbox, Runtime, sha256, type Config, type Tx } from '@aceso/platform';
import { retractedRows } from '@aceso/register';
import { correctedMembers, heldBehind, noteCorrections, waitingCorrections } from './data/correction.store';
import {
  hasRun,
  insertList,
  lastList,
  lockFetchedPackage,
  noteRound,
  noteWithdrawn,
  ordersWithBuyers,
  waitingMembers,
  type FetchedPackage,
  type ListId,
  type WaitingRow,
} from './data/withdrawal.store';
import { isBatch, roundAt, type WaitingMember } from './domain/withdrawal';
import { listDigest, rootOfList, WITHDRAWAL_LIST_CODE } from './domain/withdrawal-list';
import { OrderEnding } from './order-ending';
import { WithdrawalContent } from './withdrawal-content';

/** Of whom all rows are named in a list, of whom single ones, and where the list stands. */
interface NextList {
  readonly persons: readonly PersonId[];
  readonly corrected: readonly PersonId[];
  readonly round: number;
  readonly number: number;
}

/**
 * Makes the withdrawal lists of one interval: for every package that its buyer fetched and whose permit lasts, who withdrew,
 * or had a guardian whose authority ended since, goes on the next list, if they are enough (privacy-and-keys 6), and so do rows that providers took back, of enough persons. Whoever is erased stays a random number beside the order and
 * can be named under the sale key all the same, so an erasure has nothing to hand over.
 */
@Injectable()
export class WithdrawalRounds {
  constructor(
    private readonly database: Database,
    private readonly affiliations: AffiliationService,
    private readonly content: WithdrawalContent,
    private readonly ledger: Ledger,
    private readonly outbox: Outbox,
    private readonly runtime: Runtime,
    // Eight: what a request asked for stands with the order.
    private readonly orders: OrderEnding,
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'withdrawalListDays' | 'withdrawalListSeconds' | 'adultAgeYears'>,
  ) {}

  /** Number of the round that is to be run now; null when it was. */
  async due(): Promise<number | null> {
    const round = this.current();
    const done = await this.database.transaction('worker', (tx) => hasRun(tx, round), { readOnly: true });
    return done ? null : round;
  }

  /** Runs the round of this moment unless it was run. One order is one transaction; what was listed is not listed again. */
  async run(): Promise<void> {
    const round = await this.due();
    if (round === null) return;
    const orders = await this.database.transaction('worker', (tx) => ordersWithBuyers(tx));
    for (const orderId of orders) await this.database.transaction('worker', (tx) => this.listOrder(tx, orderId, round));
    await this.database.transaction('worker', (tx) => noteRound(tx, round));
  }

  private current(): number {
    const { withdrawalListDays: days, withdrawalListSeconds = days * DAY_SECONDS } = this.config;
    return roundAt(this.runtime.now(), withdrawalListSeconds);
  }

  private async listOrder(tx: Tx, orderId: OrderId, round: number): Promise<ListId | null> {
    const fetched = await lockFetchedPackage(tx, orderId);
    if (!fetched) return null;
    const last = await lastList(tx, orderId);
    if (last && last.round >= round) return null;
    await noteWithdrawn(tx, fetched, minorFrom(this.runtime.now(), this.config.adultAgeYears));
    await this.noteRetracted(tx, fetched);
    const { attemptId, buyerId } = fetched;
    const persons = await this.batch(tx, buyerId, await waitingMembers(tx, attemptId));
    const corrected = await this.batch(tx, buyerId, await correctedMembers(tx, attemptId));
    if (persons.length + corrected.length === 0) return null;
    return this.make(tx, fetched, { persons, corrected, round, number: (last?.number ?? 0) + 1 });
  }

  /** Notes rows that providers took back since the last look, of types that the package has. */
  private async noteRetracted(tx: Tx, { orderId, attemptId }: FetchedPackage): Promise<void> {
    const held = await heldBehind(tx, attemptId);
    if (held.length === 0) return;
    const { fields } = (await this.orders.read(tx, orderId)).content;
    const rows = (await retractedRows(tx, held)).filter(({ type }) => fields.includes(type));
    await noteCorrections(tx, attemptId, { held, rows });
  }

  /** All who wait, or nobody where they are too few to hide each other. */
  private async batch(tx: Tx, buyerId: PartyId, waiting: readonly WaitingRow[]): Promise<readonly PersonId[]> {
    if (!isBatch(await this.judged(tx, buyerId, waiting))) return [];
    return waiting.map(({ personId }) => personId);
  }

  /** Bindings of the erased have ended: of them the providers that the release names decide. */
  private async judged(tx: Tx, buyerId: PartyId, waiting: readonly WaitingRow[]): Promise<readonly WaitingMember[]> {
    const persons = waiting.map(({ personId }) => personId);
    const vouched = await this.affiliations.vouchedAmong(tx, buyerId, persons);
    const affiliates = await this.affiliations.affiliatesOf(tx, buyerId);
    return waiting.map(({ personId, providerIds }) => ({
      knownToBuyer: vouched.has(personId) || providerIds.some((id) => affiliates.has(id)),
    }));
  }

  private async make(
    tx: Tx,
    fetched: FetchedPackage,
    { persons, corrected, round, number }: NextList,
  ): Promise<ListId> {
    const { orderId, manifestSha256, attemptId } = fetched;
    const retracted = await waitingCorrections(tx, attemptId, corrected);
    const id = this.runtime.uuid();
    const madeAt = new Date(this.runtime.now());
    const list = await this.content.list(
      tx,
      { id, orderId, number, madeAt, manifestSha256, personIds: persons, retracted },
      'withdrawals.listed',
    );
    const listSha256 = listDigest(list, sha256);
    const entryId = await this.ledger.append(tx, {
      kind: 'order',
      code: WITHDRAWAL_LIST_CODE,
      payload: {
        order: orderId,
        number,
        list: listSha256,
        root: rootOfList(list, sha256),
        releaseKey: this.content.releaseKey(),
      },
      subjectId: orderId,
    });
    const made = { id, orderId, packageId: fetched.id, number, round, listSha256, entryId, madeAt };
    await insertList(tx, made, attemptId, { persons, corrected });
    await this.outbox.publish(tx, { topic: 'extraction.pack-list', payload: { list: id } });
    return id;
  }
}
