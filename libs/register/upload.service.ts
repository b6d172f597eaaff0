import type { Readable } from 'node:stream';

import { Injectable } from '@nestjs/common';
import { requireActive } from '@aceso/identity';
import { DomainError, type PartyId, type UploadId } from '@aceso/kernel';
import { BlobStore, Database, Runtime, type Tx } from '@aceso/platform';

import { HeldKeys } from './held-keys';
import { RegisterError } from './register.errors';
import { sealStream, toReadable, uploadKey } from './staging';

/** Largest upload, bytes as sent: larger archives are sent in parts. */
export const UPLOAD_BYTES_MAX = 16 * 1024 * 1024 * 1024;
/** How long a staged upload is kept when nothing is done with it, hours. */
export const UPLOAD_HOURS = 24;
/** Uploads of one provider that are announced and have not arrived, at a time. */
export const UPLOADS_OPEN_MAX = 100;
const HOUR_MS = 3_600_000;

export interface Upload {
  readonly id: UploadId;
  readonly state: 'open' | 'received' | 'removed';
  /** Undefined where the provider has not said it. */
  readonly declaredBytes: number | undefined;
  readonly expiresAt: Date;
}

/** Bytes on their way, and how many the sender says they are. */
export interface Transfer {
  readonly content: AsyncIterable<Uint8Array>;
  readonly length?: number | undefined;
}

interface UploadRow {
  readonly id: UploadId;
  readonly state: Upload['state'];
  readonly declared_bytes: string | null;
  readonly expires_at: Date;
}

const STAGING = 'uploads/';
const STAGED = /^uploads\/([0-9a-f-]{36})(?:\.[0-9a-f-]{36})?$/;

/** Files on their way in: announced, received as a stream, sealed under the provider's key, gone after a day. */
@Injectable()
export class UploadService {
  constructor(
    private readonly database: Database,
    private readonly blobs: BlobStore,
    private readonly keys: HeldKeys,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Announces a file, with its size where it is known. UPLOAD_TOO_LARGE beyond {@link UPLOAD_BYTES_MAX},
   * UPLOADS_OPEN_TOO_MANY beyond {@link UPLOADS_OPEN_MAX}, PARTY_NOT_ACTIVE.
   */
  async open(tx: Tx, providerId: PartyId, bytes?: number): Promise<Upload> {
    if (bytes !== undefined) requireSize(bytes);
    await tx.actAs(providerId);
    const id = this.runtime.uuid() as UploadId;
    const now = this.runtime.now();
    await requireRoom(tx, providerId, new Date(now));
    const expiresAt = new Date(now + UPLOAD_HOURS * HOUR_MS);
    await requireActive(tx, providerId, new Date(now));
    await tx.execute(
      `insert into register.upload (id, provider_id, state, declared_bytes, opened_at, expires_at)
       values ($1, $2, 'open', $3, $4, $5)`,
      [id, providerId, bytes ?? null, new Date(now), expiresAt],
    );
    return { id, state: 'open', declaredBytes: bytes, expiresAt };
  }

  /** An upload of this provider; UPLOAD_NOT_FOUND for everybody else's. */
  async find(tx: Tx, providerId: PartyId, uploadId: string): Promise<Upload> {
    await tx.actAs(providerId);
    const [row] = await tx.query<UploadRow>(
      'select id, state, declared_bytes, expires_at from register.upload where id = $1',
      [uploadId],
    );
    if (row === undefined || row.expires_at.getTime() <= this.runtime.now()) {
      throw new RegisterError('UPLOAD_NOT_FOUND', 'there is no such upload, or it has expired');
    }
    const { id, state, declared_bytes: bytes, expires_at: expiresAt } = row;
    return { id, state, declaredBytes: bytes === null ? undefined : Number(bytes), expiresAt };
  }

  /**
   * Stages the bytes of an announced upload, sealed, without holding them. A transfer that broke off can be sent again
   * from its start. UPLOAD_NOT_OPEN once it was received; UPLOAD_TOO_LARGE and UPLOAD_SIZE_DIFFERS by the size that was
   * announced, or else by the length that the transfer itself names. Of transfers at the same time the first that ends is
   * the upload; each is a blob of its own, and the others' go.
   */
  async receive(providerId: PartyId, uploadId: string, transfer: Transfer): Promise<Upload> {
    const { upload, key } = await this.database.transaction('api', async (tx) => {
      const found = await this.find(tx, providerId, uploadId);
      requireOpen(found);
      const object = { type: 'upload', id: found.id };
      const held = await this.keys.provider(tx, providerId, { act: 'upload.received', actorId: providerId, object });
      return { upload: found, key: uploadKey(held.key, found.id) };
    });
    const exactly = upload.declaredBytes ?? transfer.length;
    if (exactly !== undefined) requireSize(exactly);
    const sealed = sealStream(key, transfer.content, { bytesMax: UPLOAD_BYTES_MAX, exactly });
    const stagedAs = `${STAGING}${upload.id}.${this.runtime.uuid()}`;
    await this.blobs.put(stagedAs, toReadable(sealed));
    try {
      await this.database.transaction('api', (tx) => this.accept(tx, providerId, { uploadId: upload.id, stagedAs }));
    } catch (error) {
      // Of any other failure nobody knows whether it committed: then the sweep decides by the row.
      if (error instanceof DomainError) await this.blobs.delete(stagedAs);
      throw error;
    }
    return { ...upload, state: 'received' };
  }

  /** The sealed bytes of a received upload. Runs in the worker. */
  async openStaged(uploadId: UploadId): Promise<Readable> {
    return this.blobs.open(await this.stagedAs(uploadId));
  }

  /**
   * Removes staged bytes that nobody ingested in time, and those that no upload stands for; tells how many uploads
   * expired. Runs in the worker.
   */
  async expire(): Promise<number> {
    const expired = await this.database.query<{ id: UploadId }>(
      'worker',
      `select u.id from register.upload u
       where u.state <> 'removed' and u.expires_at < $1 and not exists (
         select 1 from register.ingest i where i.upload_id = u.id and i.state in ('accepted', 'running'))
       limit 1000`,
      [new Date(this.runtime.now())],
    );
    for (const { id } of expired) await this.remove(id);
    await this.sweep();
    return expired.length;
  }

  /** Removes the staged bytes of an upload: the row says so once they are gone. */
  async remove(uploadId: UploadId): Promise<void> {
    await this.blobs.delete(await this.stagedAs(uploadId));
    await this.database.query('worker', `update register.upload set state = 'removed' where id = $1`, [uploadId]);
  }

  /** The first transfer of an upload to come here is the upload. */
  private async accept(tx: Tx, providerId: PartyId, { uploadId, stagedAs }: Staged): Promise<void> {
    await requireActive(tx, providerId);
    requireOpen(await this.find(tx, providerId, uploadId));
    const accepted = await tx.execute(
      `update register.upload set state = 'received', received_at = $2, staged_as = $3 where id = $1 and state = 'open'`,
      [uploadId, new Date(this.runtime.now()), stagedAs],
    );
    if (accepted !== 1) throw notOpen();
  }

  private async stagedAs(uploadId: UploadId): Promise<string> {
    const sql = 'select staged_as from register.upload where id = $1';
    const [row] = await this.database.query<{ staged_as: string | null }>('worker', sql, [uploadId]);
    return row?.staged_as ?? `${STAGING}${uploadId}`;
  }

  /** Removes blobs of transfers that were beaten by another one, or whose process ended before the row knew of them. */
  private async sweep(): Promise<void> {
    for await (const key of this.blobs.list(STAGING)) {
      const uploadId = STAGED.exec(key)?.[1];
      if (uploadId === undefined) continue;
      const stands = await this.database.query(
        'worker',
        `select 1 from register.upload where id = $1 and (state = 'open' or (state = 'received' and staged_as = $2))`,
        [uploadId, key],
      );
      if (stands.length === 0) await this.blobs.delete(key);
    }
  }
}

interface Staged {
  readonly uploadId: UploadId;
  readonly stagedAs: string;
}

/** Announcements of one provider come one after the other, so that parallel ones do not pass the limit together. */
async function requireRoom(tx: Tx, providerId: PartyId, now: Date): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('register.upload ' || $1, 0))`, [providerId]);
  const [row] = await tx.query<{ open: number }>(
    `select count(*)::integer as open from register.upload where provider_id = $1 and state = 'open' and expires_at > $2`,
    [providerId, now],
  );
  if ((row?.open ?? 0) >= UPLOADS_OPEN_MAX) {
    throw new RegisterError(
      'UPLOADS_OPEN_TOO_MANY',
      `send what is announced first: ${UPLOADS_OPEN_MAX} uploads are open`,
    );
  }
}

function requireSize(bytes: number): void {
  if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > UPLOAD_BYTES_MAX) {
    throw new RegisterError('UPLOAD_TOO_LARGE', `an upload has 1 to ${UPLOAD_BYTES_MAX} bytes`);
  }
}

function requireOpen({ state }: Upload): void {
  if (state !== 'open') throw notOpen();
}

const notOpen = (): RegisterError => new RegisterError('UPLOAD_NOT_OPEN', 'this upload was received already');
