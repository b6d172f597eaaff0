import { Injectable } from '@nestjs/common';
import type { PartyId, UploadId } from '@aceso/kernel';
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

/** Where the sealed bytes of an upload are staged. */
export function stagingKey(uploadId: string): string {
  return `uploads/${uploadId}`;
}

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
   * UPLOADS_OPEN_TOO_MANY beyond {@link UPLOADS_OPEN_MAX}.
   */
  async open(tx: Tx, providerId: PartyId, bytes?: number): Promise<Upload> {
    if (bytes !== undefined) requireSize(bytes);
    await tx.actAs(providerId);
    const id = this.runtime.uuid() as UploadId;
    const now = this.runtime.now();
    await requireRoom(tx, providerId, new Date(now));
    const expiresAt = new Date(now + UPLOAD_HOURS * HOUR_MS);
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
   * announced, or else by the length that the transfer itself names.
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
    await this.blobs.put(stagingKey(upload.id), toReadable(sealed));
    await this.database.transaction('api', async (tx) => {
      requireOpen(await this.find(tx, providerId, uploadId));
      await tx.execute(`update register.upload set state = 'received', received_at = $2 where id = $1`, [
        upload.id,
        new Date(this.runtime.now()),
      ]);
    });
    return { ...upload, state: 'received' };
  }

  /** Removes staged bytes that nobody ingested in time; tells how many uploads that were. Runs in the worker. */
  async expire(): Promise<number> {
    const expired = await this.database.query<{ id: string }>(
      'worker',
      `select u.id from register.upload u
       where u.state <> 'removed' and u.expires_at < $1 and not exists (
         select 1 from register.ingest i where i.upload_id = u.id and i.state in ('accepted', 'running'))
       limit 1000`,
      [new Date(this.runtime.now())],
    );
    for (const { id } of expired) await this.remove(id);
    return expired.length;
  }

  /** Removes the staged bytes of an upload: the row says so once they are gone. */
  async remove(uploadId: string): Promise<void> {
    await this.blobs.delete(stagingKey(uploadId));
    await this.database.query('worker', `update register.upload set state = 'removed' where id = $1`, [uploadId]);
  }
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
  if (state !== 'open') throw new RegisterError('UPLOAD_NOT_OPEN', 'this upload was received already');
}
