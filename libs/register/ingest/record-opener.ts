import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { assert, type AccessEventId, type PartyId, type SourceRecordId } from '@aceso/kernel';
import { KeyCustody, Runtime, type Tx } from '@aceso/platform';

import { copyRows, instant, int4, text, uuid } from '../data/binary-copy';
import { readVersions, sourceRecordKeyData } from '../domain';
import { OpenRecord, type StoredVersions } from './open-record';

/** A source record that an ingest needs. */
export interface WantedRecord {
  readonly hash: Uint8Array;
  readonly kind: 'patient' | 'directory';
  /** Make it where the provider has none yet: its Patient resource is there, or it is the directory. */
  readonly create: boolean;
  /** How many of its resources this run has accepted before the record left memory. */
  readonly acceptedBefore: number;
}

/** For whom and in which ingest records are opened. */
export interface OpeningContext {
  readonly providerId: PartyId;
  readonly ingestId: string;
  /** Version of the key that made the hashes. */
  readonly hashVersion: number;
}

interface RecordRow {
  readonly id: SourceRecordId;
  readonly hash: string;
  readonly key_version: number;
  readonly key_wrapped: Uint8Array;
  readonly key_epoch: number;
  readonly head_sequence: number;
  readonly head_digest: Uint8Array | null;
}

/** Fresh records stay with their key: it was made here and needs no unwrapping. */
interface FreshRecord {
  readonly row: RecordRow;
  readonly key: Uint8Array;
}

const KEY_VERSION = 1;
const NOTHING_STORED = (): StoredVersions => ({ newest: new Map(), own: new Map(), accepted: 0 });

/** Opens and makes source records in sets, each with an access event in the same transaction. */
@Injectable()
export class RecordOpener {
  constructor(
    private readonly audit: AuditService,
    private readonly custody: KeyCustody,
    private readonly runtime: Runtime,
  ) {}

  /** The open records by hex hash; a hash that is unknown and not to be made is missing. */
  async open(tx: Tx, wanted: readonly WantedRecord[], context: OpeningContext): Promise<Map<string, OpenRecord>> {
    const hashes = wanted.map(({ hash }) => hex(hash));
    const rows = await this.find(tx, hashes, context);
    const known = new Set(rows.map(({ hash }) => hash));
    const missing = wanted.filter(({ hash, create }) => create && !known.has(hex(hash)));
    const fresh = missing.map((record) => this.fresh(record));
    await this.insert(tx, missing, fresh, context);
    const events = await this.recordEvents(tx, [...rows, ...fresh.map(({ row }) => row)], context);
    const opened = new Map<string, OpenRecord>();
    for (const { row, key } of fresh) opened.set(row.hash, openRecord(row, key, NOTHING_STORED()));
    const keys = await this.unwrap(tx, rows, events);
    const accepted = new Map(wanted.map(({ hash, acceptedBefore }) => [hex(hash), acceptedBefore]));
    const stored = await this.storedVersions(tx, rows, { ingestId: context.ingestId, accepted });
    for (const [index, row] of rows.entries()) {
      opened.set(row.hash, openRecord(row, keys[index] as Uint8Array, stored.get(row.id) as StoredVersions));
    }
    return opened;
  }

  private find(tx: Tx, hashes: readonly string[], { providerId }: OpeningContext): Promise<RecordRow[]> {
    return tx.query<RecordRow>(
      `select id, encode(local_id_hash, 'hex') as hash, key_version, key_wrapped, key_epoch, head_sequence, head_digest
       from register.source_record
       where provider_id = $1 and local_id_hash in (select decode(unnest($2::text[]), 'hex'))`,
      [providerId, hashes],
    );
  }

  private fresh({ hash }: WantedRecord): FreshRecord {
    const id = this.runtime.uuid() as SourceRecordId;
    const key = this.runtime.randomBytes(32);
    const { wrapped, epoch } = this.custody.wrap(key, sourceRecordKeyData(id, KEY_VERSION));
    const chain = { head_sequence: 0, head_digest: null };
    return {
      row: { id, hash: hex(hash), key_version: KEY_VERSION, key_wrapped: wrapped, key_epoch: epoch, ...chain },
      key,
    };
  }

  /** One ingest of a provider runs at a time, so nobody else makes the same record meanwhile. */
  private async insert(
    tx: Tx,
    wanted: readonly WantedRecord[],
    fresh: readonly FreshRecord[],
    { providerId, hashVersion }: OpeningContext,
  ): Promise<void> {
    if (fresh.length === 0) return;
    const now = instant(this.runtime.now());
    await copyRows(
      tx,
      `register.source_record (id, provider_id, kind, local_id_hash, hash_version, key_version, key_wrapped, key_epoch,
        created_at)`,
      fresh.map(({ row }, index) => {
        const { kind, hash } = wanted[index] as WantedRecord;
        const key = [int4(row.key_version), row.key_wrapped, int4(row.key_epoch)];
        return [uuid(row.id), uuid(providerId), text(kind), hash, int4(hashVersion), ...key, now];
      }),
    );
  }

  private recordEvents(tx: Tx, rows: readonly RecordRow[], { providerId, ingestId }: OpeningContext) {
    return this.audit.recordMany(
      tx,
      rows.map(({ id }) => ({
        act: 'record.written',
        actorId: providerId,
        subjectId: id,
        objectType: 'ingest',
        objectId: ingestId,
        outcome: 'permitted' as const,
      })),
    );
  }

  private unwrap(tx: Tx, rows: readonly RecordRow[], events: readonly AccessEventId[]): Promise<Uint8Array[]> {
    return this.custody.unwrap(
      tx,
      rows.map(({ id, key_version, key_wrapped, key_epoch }, index) => {
        const accessEventId = events[index];
        assert(accessEventId !== undefined, 'each record has an access event');
        const aad = sourceRecordKeyData(id, key_version);
        return { keyOwner: id, wrapped: key_wrapped, epoch: key_epoch, aad, accessEventId };
      }),
    );
  }

  /**
   * Newest content of each name, and what an earlier attempt of this very ingest has stored. A file gives its resources
   * in one order, so the first `accepted` of a record are those that this attempt has been through already.
   */
  private async storedVersions(
    tx: Tx,
    rows: readonly RecordRow[],
    { ingestId, accepted }: { readonly ingestId: string; readonly accepted: ReadonlyMap<string, number> },
  ): Promise<Map<string, StoredVersions>> {
    const stored = new Map(
      rows.map(({ id, hash }) => [
        id as string,
        { newest: new Map(), own: new Map(), accepted: accepted.get(hash) ?? 0 },
      ]),
    );
    if (rows.length === 0) return stored;
    const segments = await tx.query<{ id: string; versions: Uint8Array; own: boolean }>(
      `select source_record_id as id, versions, ingest_id = $2 as own from register.segment
       where source_record_id = any($1::uuid[]) order by source_record_id, sequence`,
      [rows.map(({ id }) => id), ingestId],
    );
    const passed = new Map<string, number>();
    for (const { id, versions, own } of segments) {
      const record = stored.get(id) as StoredVersions;
      for (const { name, content } of readVersions(versions)) {
        const number = own ? (passed.get(id) ?? 0) : -1;
        if (own) passed.set(id, number + 1);
        if (number < record.accepted) record.newest.set(name, content);
        else record.own.set(name + content, (record.own.get(name + content) ?? 0) + 1);
      }
    }
    return stored;
  }
}

function openRecord(row: RecordRow, key: Uint8Array, stored: StoredVersions): OpenRecord {
  const chain = { keyVersion: row.key_version, sequence: row.head_sequence, digest: row.head_digest ?? undefined };
  return new OpenRecord(row.id, key, chain, stored);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
