import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { assert, hex, utf8 } from '@aceso/kernel';
import { BlobStore, Database, Runtime, sha256, type Tx } from '@aceso/platform';
import { correctionsOfList } from './data/correction.store';
import {
  findUnready,
  lockFetchedPackage,
  markListReady,
  membersOfList,
  type ListId,
  type MadeList,
} from './data/withdrawal.store';
import { listDigest, listFileText, type WithdrawalList } from './domain/withdrawal-list';
import { OrderEnding } from './order-ending';
import { encryptTo } from './package-archive';
import { PublishedReceipt } from './published-receipt';
import { WithdrawalContent } from './withdrawal-content';

interface PackedList {
  readonly made: MadeList;
  readonly list: WithdrawalList;
  readonly signature: string;
  readonly recipients: readonly string[];
}

/** Makes withdrawal lists ready for their buyers: signed, with the receipt of their entry, encrypted as the package was. */
@Injectable()
export class WithdrawalPacking {
  constructor(
    private readonly database: Database,
    private readonly content: WithdrawalContent,
    private readonly orders: OrderEnding,
    private readonly receipts: PublishedReceipt,
    private readonly blobs: BlobStore,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Packs a list that was made; one that is ready, or whose permit has ended, stays as it is. Throws RECEIPT_PENDING when the
   * log did not publish in time: the job comes back.
   */
  async pack(listId: ListId): Promise<void> {
    const made = await this.database.transaction('worker', (tx) => findUnready(tx, listId));
    if (!made) return;
    const receipt = await this.receipts.of(made.entryId);
    const packed = await this.database.transaction('worker', (tx) => this.rewrite(tx, made));
    if (!packed) return;
    const { list, signature, recipients } = packed;
    const { entry, opening, proof } = receipt;
    assert(opening, 'the opening of an order is not erased');
    const text = Buffer.from(utf8(listFileText({ list, signature, entry, opening, proof })));
    // Encrypting twice gives two files, so each run has a key of its own and only one of them becomes the list.
    const blobKey = `withdrawals/${listId}/${this.runtime.uuid()}.age`;
    const stored = await this.blobs.put(blobKey, await encryptTo(recipients, Readable.from([text])));
    const file = {
      sha256: hex.encode(stored.sha256),
      bytes: stored.bytes,
      blobKey,
      readyAt: new Date(this.runtime.now()),
    };
    const ready = await this.database.transaction('worker', (tx) => markListReady(tx, listId, file));
    if (!ready) await this.blobs.delete(blobKey);
  }

  /** The list as it was made, from its persons and the sale key; null once the permit has ended. */
  private async rewrite(tx: Tx, made: MadeList): Promise<PackedList | null> {
    const fetched = await lockFetchedPackage(tx, made.orderId);
    if (!fetched) return null;
    const { manifestSha256, permitEnds } = fetched;
    const personIds = await membersOfList(tx, made.id);
    const retracted = await correctionsOfList(tx, made.id);
    const source = { ...made, manifestSha256, personIds, retracted };
    const list = await this.content.list(tx, source, 'withdrawals.packed');
    assert(listDigest(list, sha256) === made.listSha256, 'a list is written again as it was made');
    const { content } = await this.orders.read(tx, made.orderId);
    const signature = this.content.sign(list, source, permitEnds);
    return { made, list, signature, recipients: content.recipients.map(({ ageKey }) => ageKey) };
  }
}
