import { Inject, Injectable } from '@nestjs/common';
import { AffiliationService } from '@aceso/identity';
import { DAY_SECONDS } from '@aceso/identity/domain';
import type { OrderId, PartyId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { CONFIG, Database, Outbox, Runtime, sha256, type Config, type Tx } from '@aceso/platform';
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
import { WithdrawalContent } from './withdrawal-content';

/**
 * Makes the withdrawal lists of one interval: for every package that its buyer fetched and whose permit lasts, who withdrew
 * goes on the next list, if they are enough (privacy-and-keys 6). Whoever is erased stays a random number beside the order and
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
    @Inject(CONFIG) private readonly config: Pick<Config, 'withdrawalListDays' | 'withdrawalListSeconds'>,
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
    await noteWithdrawn(tx, fetched);
    const waiting = await waitingMembers(tx, fetched.attemptId);
    if (!isBatch(await this.judged(tx, fetched.buyerId, waiting))) return null;
    return this.make(tx, fetched, { waiting, round, number: (last?.number ?? 0) + 1 });
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
    {
      waiting,
      round,
      number,
    }: { readonly waiting: readonly WaitingRow[]; readonly round: number; readonly number: number },
  ): Promise<ListId> {
    const { orderId, manifestSha256, attemptId } = fetched;
    const personIds = waiting.map(({ personId }) => personId);
    const id = this.runtime.uuid();
    const madeAt = new Date(this.runtime.now());
    const list = await this.content.list(
      tx,
      { id, orderId, number, madeAt, manifestSha256, personIds },
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
    await insertList(tx, made, attemptId, personIds);
    await this.outbox.publish(tx, { topic: 'extraction.pack-list', payload: { list: id } });
    return id;
  }
}
