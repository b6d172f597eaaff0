import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { assert, hex, utf8 } from '@aceso/kernel';
import type { Receipt } from '@aceso/ledger';
import { BlobStore, Database, Runtime } from '@aceso/platform';
import { disclosedFiles, findPackage, markReady, type PackageId, type PackageRow } from './data/package.store';
import { PROGRESS_TOTAL, setStage } from './data/progress.store';
import { OPENING_FILE, PROOF_FILE, resourceTypeOf } from './domain/package-layout';
import { receiptText } from './domain/receipt-file';
import { FaultPoints } from './fault-points';
import { OrderEnding } from './order-ending';
import { encryptTo, packArchive, type ArchiveFile } from './package-archive';
import { PublishedReceipt } from './published-receipt';
import { WorkFolders } from './work-folders';

/**
 * Delivery of a released package: receipts are added once the release entry stands in a published checkpoint, everything
 * is encrypted to the buyer's key, and the plain files are removed.
 */
@Injectable()
export class DeliveryService {
  constructor(
    private readonly database: Database,
    private readonly receipts: PublishedReceipt,
    private readonly blobs: BlobStore,
    private readonly orders: OrderEnding,
    private readonly faults: FaultPoints,
    private readonly runtime: Runtime,
    private readonly folders: WorkFolders,
  ) {}

  /** Makes a released package ready. Throws RECEIPT_PENDING when the log did not publish in time: the job comes back. */
  async deliver(packageId: PackageId): Promise<void> {
    const found = await this.database.transaction('worker', (tx) => findPackage(tx, packageId));
    if (!found || found.state !== 'released') return;
    const receipt = await this.receipts.of(found.entryId);
    const recipients = await this.recipientsOf(found);
    const archive = packArchive(await this.files(found, receipt));
    // Encrypting twice gives two files, so each run has a key of its own and only one of them becomes the package.
    const blobKey = `packages/${found.id}/${this.runtime.uuid()}.age`;
    const stored = await this.blobs.put(blobKey, await encryptTo(recipients, archive));
    await this.faults.reach('package-written');
    const ready = await this.database.transaction('worker', async (tx) => {
      const file = { sha256: hex.encode(stored.sha256), bytes: stored.bytes, blobKey };
      const isReady = await markReady(tx, found.id, file);
      if (!isReady) return false;
      await setStage(tx, found.orderId, 'ready', PROGRESS_TOTAL);
      await this.orders.markDelivered(tx, found.orderId);
      return true;
    });
    if (ready) await this.folders.clear(found.orderId);
    else await this.blobs.delete(blobKey);
  }

  private async recipientsOf({ orderId }: PackageRow): Promise<readonly string[]> {
    const order = await this.database.transaction('worker', (tx) => this.orders.read(tx, orderId));
    return order.content.recipients.map(({ ageKey }) => ageKey);
  }

  private async files(found: PackageRow, receipt: Receipt): Promise<readonly ArchiveFile[]> {
    assert(receipt.opening, 'the opening of a release is not erased before its delivery');
    const disclosed = await this.database.transaction('worker', (tx) => disclosedFiles(tx, found.id));
    const { entry, opening, proof } = receipt;
    return [
      ...disclosed.map(({ name, bytes }) => ({
        name,
        bytes,
        open: () => this.blobs.open(blobKeyOf(found.folder, name)),
      })),
      textFile(PROOF_FILE, proof),
      textFile(OPENING_FILE, receiptText({ entry, opening })),
    ];
  }
}

function blobKeyOf(folder: string, name: string): string {
  const resourceType = resourceTypeOf(name);
  return `${folder}/${(resourceType ? `${resourceType}.ndjson` : name).toLowerCase()}`;
}

function textFile(name: string, text: string): ArchiveFile {
  const bytes = Buffer.from(utf8(text));
  return { name, bytes: bytes.length, open: () => Readable.from([bytes]) };
}
