import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import type { OrderId, PartyId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { BlobStore, Database, Outbox, Runtime, type Tx } from '@aceso/platform';
import { gatesUnmoved, insertFetch, lockBuyersPackage, movePackage, type PackageRow } from './data/package.store';
import type { ByteRange } from './domain/byte-range';
import { ExtractionError } from './extraction.errors';

/** What of the encrypted file is asked for. */
export interface DownloadWish {
  /** The whole file without it. */
  readonly range?: ByteRange;
  /** Entity tag of the file to which the range belongs: another file is sent whole. */
  readonly unless?: string;
}

export interface Download {
  readonly content: Readable;
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole file. */
  readonly bytes: number;
  /** True when a range was asked for and is what follows. */
  readonly partial: boolean;
  readonly sha256: string;
  readonly fileName: string;
}

interface ReadyPackage extends PackageRow {
  readonly sha256: string;
  readonly bytes: number;
  readonly blobKey: string;
}

/**
 * Downloads for the buyer. Every fetch is an access event and a ledger entry over the encrypted file, committed before its
 * first byte. The first one looks at the gates again: if one moved, the package is made anew without that person.
 */
@Injectable()
export class DownloadService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
    private readonly outbox: Outbox,
    private readonly runtime: Runtime,
    private readonly blobs: BlobStore,
  ) {}

  /**
   * Opens the package of a buyer's own order. Throws PACKAGE_NOT_FOUND, PACKAGE_RENEWING (come back later) or
   * RANGE_NOT_SATISFIABLE.
   */
  async open(buyerId: PartyId, orderId: OrderId, wish: DownloadWish = {}): Promise<Download> {
    const found = await this.database.transaction('api', (tx) => this.fetch(tx, { buyerId, orderId, wish }));
    if (!found) throw new ExtractionError('PACKAGE_RENEWING', 'the package is being made; try again in a while');
    const { file, range } = found;
    const { bytes, sha256 } = file;
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? bytes - 1, bytes - 1);
    const content = await this.blobs.open(file.blobKey, { start, end });
    return { content, start, end, bytes, partial: range !== undefined, sha256, fileName: packageFileName(orderId) };
  }

  /** Writes the fetch down; null when the package is not there yet or has just been sent back. */
  private async fetch(
    tx: Tx,
    { buyerId, orderId, wish }: { buyerId: PartyId; orderId: OrderId; wish: DownloadWish },
  ): Promise<{ file: ReadyPackage; range: ByteRange | undefined } | null> {
    const file = await lockBuyersPackage(tx, orderId, buyerId);
    if (!file) throw new ExtractionError('PACKAGE_NOT_FOUND', 'there is no package for this order');
    if (!isReady(file)) return null;
    const sameFile = wish.unless === undefined || wish.unless === `"${file.sha256}"`;
    const range = sameFile ? wish.range : undefined;
    if (range && range.start >= file.bytes) {
      throw new ExtractionError('RANGE_NOT_SATISFIABLE', `the file has ${file.bytes} bytes`);
    }
    if (!file.fetched && !(await gatesUnmoved(tx, file.id))) {
      await this.renew(tx, file);
      return null;
    }
    await this.writeDown(tx, { buyerId, start: range?.start ?? 0 }, file);
    return { file, range };
  }

  /** Not fetched yet and a gate moved: emitted anew; what was paid to the person stays. */
  private async renew(tx: Tx, { id, orderId }: ReadyPackage): Promise<void> {
    await movePackage(tx, id, { from: 'ready', to: 'renewing' });
    await this.outbox.publish(tx, { topic: 'extraction.plan', payload: { orderId } });
  }

  private async writeDown(
    tx: Tx,
    { buyerId, start }: { buyerId: PartyId; start: number },
    { id, orderId, edition, sha256, manifestSha256 }: ReadyPackage,
  ): Promise<void> {
    const accessEventId = await this.audit.record(tx, {
      act: 'package.fetched',
      actorId: buyerId,
      objectType: 'order',
      objectId: orderId,
      outcome: 'permitted',
      detail: { edition, sha256, start },
    });
    const entryId = await this.ledger.append(tx, {
      kind: 'order',
      code: 'package.fetched',
      payload: { order: orderId, edition, manifest: manifestSha256, sha256, start },
      subjectId: orderId,
      accessEventId,
    });
    await insertFetch(tx, { id: this.runtime.uuid(), packageId: id, accessEventId, entryId, rangeStart: start });
  }
}

function isReady(found: PackageRow): found is ReadyPackage {
  return found.state === 'ready' && found.sha256 !== null && found.bytes !== null && found.blobKey !== null;
}

/** Name under which a package is saved; it tells the order and nothing else. */
export function packageFileName(orderId: OrderId): string {
  return `package-${orderId}.age`;
}
