import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { CohortService } from '@aceso/cohort';
import { requireActive } from '@aceso/identity';
import type { OrderId, PartyId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { BlobStore, Database, Outbox, Runtime, type Tx } from '@aceso/platform';
import {
  gatesUnmoved,
  insertFetch,
  lockBuyersPackage,
  movePackage,
  recentFetches,
  type PackageId,
  type PackageRow,
} from './data/package.store';
import { RANGE_BYTES_MIN, servedRange, type ByteRange } from './domain/byte-range';
import { ExtractionError } from './extraction.errors';

/** Responses for one package in 24 hours: enough to resume and to fetch in parts; each is an entry of the ledger. */
export const FETCHES_A_DAY_MAX = 1_000;

/** What of the encrypted file is asked for. */
export interface DownloadWish {
  /** The whole file without it. */
  readonly range?: ByteRange;
  /** Entity tag of the file to which the range belongs: another file is sent whole. */
  readonly unless?: string;
}

/** The file that a buyer can download. */
export interface PackageFile {
  readonly fileName: string;
  /** Bytes of the whole file. */
  readonly bytes: number;
  readonly sha256: string;
}

export interface Download extends PackageFile {
  readonly packageId: PackageId;
  readonly content: Readable;
  readonly start: number;
  readonly end: number;
  /** True when a range was asked for and is what follows. */
  readonly partial: boolean;
}

interface ReadyPackage extends PackageRow {
  readonly sha256: string;
  readonly bytes: number;
  readonly blobKey: string;
}

/** One request of a buyer for its package. */
interface Asked {
  readonly buyerId: PartyId;
  readonly orderId: OrderId;
  readonly wish: DownloadWish;
}

/**
 * Downloads for the buyer. Every fetch is an access event and a ledger entry over the encrypted file, committed before its
 * first byte. The first one looks at the gates again: if one moved, the package is made anew without that person, as
 * another file under another entity tag. From the first response on nothing is called back, whatever was read of it: else
 * a buyer that leaves a byte would see in the next edition who revoked.
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
    // Seven: who is of age is judged once more at the first fetch.
    private readonly cohorts: CohortService,
  ) {}

  /** Describes the package of a buyer's own order; nothing of it leaves. Throws PACKAGE_NOT_FOUND or PACKAGE_RENEWING. */
  async describe(buyerId: PartyId, orderId: OrderId): Promise<PackageFile> {
    const file = await this.database.transaction('api', (tx) => lockedPackage(tx, orderId, buyerId));
    if (!isReady(file)) throw renewing();
    return { fileName: packageFileName(orderId), bytes: file.bytes, sha256: file.sha256 };
  }

  /**
   * Opens the package of a buyer's own order. Throws PACKAGE_NOT_FOUND, PACKAGE_RENEWING (come back later),
   * RANGE_NOT_SATISFIABLE, FETCH_LIMIT_REACHED or PARTY_NOT_ACTIVE.
   */
  async open(buyerId: PartyId, orderId: OrderId, wish: DownloadWish = {}): Promise<Download> {
    const found = await this.database.transaction('api', (tx) => this.fetch(tx, { buyerId, orderId, wish }));
    if (!found) throw renewing();
    const { file, range, partial } = found;
    const { id: packageId, bytes, sha256 } = file;
    const content = await this.blobs.open(file.blobKey, range);
    return { packageId, content, ...range, bytes, partial, sha256, fileName: packageFileName(orderId) };
  }

  /** Writes the fetch down; null when the package is not there yet or has just been sent back. */
  private async fetch(
    tx: Tx,
    { buyerId, orderId, wish }: Asked,
  ): Promise<{ file: ReadyPackage; range: Required<ByteRange>; partial: boolean } | null> {
    await requireActive(tx, buyerId);
    const file = await lockedPackage(tx, orderId, buyerId);
    if (!isReady(file)) return null;
    const sameFile = wish.unless === undefined || wish.unless === `"${file.sha256}"`;
    const asked = sameFile ? wish.range : undefined;
    const range = servedRange(asked, file.bytes);
    if (!range) {
      throw new ExtractionError(
        'RANGE_NOT_SATISFIABLE',
        `a range has ${RANGE_BYTES_MIN} bytes or goes to the end; the file has ${file.bytes}`,
      );
    }
    if (!file.fetched && !(await gatesUnmoved(tx, file.id, this.cohorts.minorFrom()))) {
      await this.renew(tx, file);
      return null;
    }
    if ((await recentFetches(tx, file.id)) >= FETCHES_A_DAY_MAX) {
      throw new ExtractionError('FETCH_LIMIT_REACHED', `at most ${FETCHES_A_DAY_MAX} responses in 24 hours`);
    }
    await this.writeDown(tx, { buyerId, range }, file);
    return { file, range, partial: asked !== undefined };
  }

  /** Not fetched yet and a gate moved: emitted anew; what was paid to the person stays. */
  private async renew(tx: Tx, { id, orderId }: ReadyPackage): Promise<void> {
    await movePackage(tx, id, { from: 'ready', to: 'renewing' });
    await this.outbox.publish(tx, { topic: 'extraction.plan', payload: { orderId } });
  }

  private async writeDown(
    tx: Tx,
    { buyerId, range }: { buyerId: PartyId; range: Required<ByteRange> },
    { id, orderId, edition, sha256, manifestSha256 }: ReadyPackage,
  ): Promise<void> {
    const accessEventId = await this.audit.record(tx, {
      act: 'package.fetched',
      actorId: buyerId,
      objectType: 'order',
      objectId: orderId,
      outcome: 'permitted',
      detail: { edition, sha256, ...range },
    });
    const entryId = await this.ledger.append(tx, {
      kind: 'order',
      code: 'package.fetched',
      payload: { order: orderId, edition, manifest: manifestSha256, sha256, ...range },
      subjectId: orderId,
      accessEventId,
    });
    await insertFetch(tx, { id: this.runtime.uuid(), packageId: id, accessEventId, entryId, range });
  }
}

/** A package that another one replaced while the caller waited for it is returned as `superseded`: not there yet. */
async function lockedPackage(tx: Tx, orderId: OrderId, buyerId: PartyId): Promise<PackageRow> {
  const found = await lockBuyersPackage(tx, orderId, buyerId);
  if (!found || found.state === 'withdrawn') {
    throw new ExtractionError('PACKAGE_NOT_FOUND', 'there is no package for this order');
  }
  return found;
}

function renewing(): ExtractionError {
  return new ExtractionError('PACKAGE_RENEWING', 'the package is being made; try again in a while');
}

function isReady(found: PackageRow): found is ReadyPackage {
  return found.state === 'ready' && found.sha256 !== null && found.bytes !== null && found.blobKey !== null;
}

/** Name under which a package is saved; it tells the order and nothing else. */
export function packageFileName(orderId: OrderId): string {
  return `package-${orderId}.age`;
}
