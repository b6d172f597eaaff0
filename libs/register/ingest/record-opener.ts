import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { assert, type AccessEventId, type PartyId, type SourceRecordId } from '@aceso/kernel';
import { KeyCustody, Runtime, type KeyTable, type Tx } from '@aceso/platform';

import { copyRows, instant, int4, text, uuid } from '../data/binary-copy';
import { readVersions, sourceRecordKeyData, VERSION_BYTES, type Version } from '../domain';
import { OpenRecord, VersionHasher, type StoredVersions } from './open-record';
import type { ResourceRow } from './resource-row';

/** A source record that an ingest needs. */
export interface WantedRecord {
  /** Hex hash of its local id. */
  readonly hash: string;
  readonly kind: 'patient' | 'directory';
  /** Make it where the provider has none yet: its Patient resource is there, or it is the directory. */
  readonly create: boolean;
  /** What the present lines hold of it. */
  readonly rows: readonly ResourceRow[];
}

/** For whom and in which ingest records are opened. */
export interface OpeningContext {
  readonly providerId: PartyId;
  readonly ingestId: string;
  /** Version of the key that made the hashes. */
  readonly hashVersion: number;
  /** How many resources of each record, by hash, this run has accepted before the record left memory. */
  readonly accepted: ReadonlyMap<string, number>;
  /** Versions to hold of all these records; of those that do not fit only what the present lines name is held. */
  readonly versionsMax: number;
}

interface RecordRow {
  readonly id: SourceRecordId;
  readonly hash: string;
  readonly key_version: number;
  readonly key_wrapped: Uint8Array;
  readonly key_epoch: number;
  readonly head_sequence: number;
  readonly head_digest: Uint8Array | null;
  /** Versions that are stored. */
  readonly versions: number;
}

/** Fresh records stay with their key: it was made here and needs no unwrapping. */
interface FreshRecord {
  readonly row: RecordRow;
  readonly key: Uint8Array;
}

/** Keys of source records, for the turn of an epoch. */
export const SOURCE_RECORD_KEY_TABLE: KeyTable = {
  table: 'register.source_record',
  key: { id: 'uuid' },
  needs: ['key_version'],
  wrapped: 'key_wrapped',
  epoch: 'key_epoch',
  aad: ({ id, key_version }) => sourceRecordKeyData(id as SourceRecordId, Number(key_version)),
};

const KEY_VERSION = 1;
/** Version lists of one page, bytes. */
const PAGE_BYTES = 8 * 1024 * 1024;
const BEFORE_ALL = { id: '00000000-0000-0000-0000-000000000000', sequence: 0 };

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
    const rows = await this.find(tx, wanted, context);
    const known = new Set(rows.map(({ hash }) => hash));
    const missing = wanted.filter(({ hash, create }) => create && !known.has(hash));
    const fresh = missing.map((record) => this.fresh(record));
    await this.insert(tx, missing, fresh, context);
    const events = await this.recordEvents(tx, [...rows, ...fresh.map(({ row }) => row)], context);
    const keys = await this.unwrap(tx, rows, events);
    const held = [...rows.map((row, index) => ({ row, key: keys[index] as Uint8Array })), ...fresh];
    const stored = await storedVersions(tx, knownNames(held, wanted, context), context);
    return new Map(held.map(({ row, key }) => [row.hash, openRecord(row, key, stored.get(row.id) as StoredVersions)]));
  }

  /** Smaller ones first: they are held as a whole before a large one takes the room. */
  private find(tx: Tx, wanted: readonly WantedRecord[], { providerId }: OpeningContext): Promise<RecordRow[]> {
    return tx.query<RecordRow>(
      `select id, encode(local_id_hash, 'hex') as hash, key_version, key_wrapped, key_epoch, head_sequence, head_digest,
         (select coalesce(sum(octet_length(versions)) / ${VERSION_BYTES}, 0)::integer
          from register.segment where source_record_id = r.id) as versions
       from register.source_record r
       where provider_id = $1 and local_id_hash in (select decode(unnest($2::text[]), 'hex')) order by versions`,
      [providerId, wanted.map(({ hash }) => hash)],
    );
  }

  private fresh({ hash }: WantedRecord): FreshRecord {
    const id = this.runtime.uuid() as SourceRecordId;
    const key = this.runtime.randomBytes(32);
    const { wrapped, epoch } = this.custody.wrap(key, sourceRecordKeyData(id, KEY_VERSION));
    const chain = { head_sequence: 0, head_digest: null, versions: 0 };
    return {
      row: { id, hash, key_version: KEY_VERSION, key_wrapped: wrapped, key_epoch: epoch, ...chain },
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
        const origin = [uuid(row.id), uuid(providerId), text(kind)];
        return [...origin, Buffer.from(hash, 'hex'), int4(hashVersion), ...key, now];
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
}

/** A record and the only names of which it holds versions; undefined where it holds all. */
interface Holding {
  readonly row: RecordRow;
  readonly names: ReadonlySet<string> | undefined;
}

/** Which records are held as a whole, and of the others what the present lines name. */
function knownNames(
  records: readonly FreshRecord[],
  wanted: readonly WantedRecord[],
  { versionsMax }: OpeningContext,
): Holding[] {
  const rows = new Map(wanted.map((record) => [record.hash, record.rows]));
  let room = versionsMax;
  return records.map(({ row, key }) => {
    room -= row.versions;
    if (row.versions === 0 || room >= 0) return { row, names: undefined };
    const hasher = new VersionHasher(key);
    return { row, names: new Set(rows.get(row.hash)?.map((resource) => hasher.name(resource))) };
  });
}

/**
 * Newest content of each name, and what an earlier attempt of this very ingest has stored. A file gives its resources
 * in one order, so the first `accepted` of a record are those that this attempt has been through already.
 */
async function storedVersions(
  tx: Tx,
  holdings: readonly Holding[],
  { ingestId, accepted }: OpeningContext,
): Promise<Map<string, StoredVersions>> {
  const stored = new Map(
    holdings.map(({ row: { id, hash, versions }, names }) => [
      id as string,
      { newest: new Map(), own: new Map(), accepted: accepted.get(hash) ?? 0, total: versions, names },
    ]),
  );
  const prefixes = new Map(holdings.map(({ row: { id }, names }) => [id as string, names && prefixesOf(names)]));
  const passed = new Map<string, number>();
  const ids = holdings.flatMap(({ row: { id, versions } }) => (versions === 0 ? [] : [id]));
  for await (const { id, versions, own } of versionLists(tx, ids, ingestId)) {
    const record = stored.get(id) as StoredVersions;
    const before = own ? (passed.get(id) ?? 0) : -Infinity;
    if (own) passed.set(id, before + versions.length / VERSION_BYTES);
    for (const [index, { name, content }] of namedVersions(versions, prefixes.get(id))) {
      if (record.names?.has(name) === false) continue;
      if (before + index < record.accepted) record.newest.set(name, content);
      else record.own.set(name + content, (record.own.get(name + content) ?? 0) + 1);
    }
  }
  return stored;
}

const PREFIX_DIGITS = 8;

function prefixesOf(names: ReadonlySet<string>): ReadonlySet<number> {
  return new Set([...names].map((name) => parseInt(name.slice(0, PREFIX_DIGITS), 16)));
}

/** Versions of a list with their index; of a long record only those whose names begin like a wanted one. */
function* namedVersions(
  list: Uint8Array,
  prefixes: ReadonlySet<number> | undefined,
): Generator<[index: number, Version]> {
  if (prefixes === undefined) return yield* readVersions(list).entries();
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  for (let at = 0; at < list.length; at += VERSION_BYTES) {
    if (!prefixes.has(view.getUint32(at))) continue;
    for (const version of readVersions(list.subarray(at, at + VERSION_BYTES))) yield [at / VERSION_BYTES, version];
  }
}

interface VersionList {
  readonly id: string;
  readonly sequence: number;
  readonly versions: Uint8Array;
  /** Stored by this ingest. */
  readonly own: boolean;
}

/** The version lists of records in the order of their segments, a page at a time. */
async function* versionLists(tx: Tx, ids: readonly string[], ingestId: string): AsyncGenerator<VersionList> {
  let after: Pick<VersionList, 'id' | 'sequence'> = BEFORE_ALL;
  while (ids.length > 0) {
    const page = await tx.query<VersionList>(VERSION_PAGE, [ids, ingestId, after.id, after.sequence, PAGE_BYTES]);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.reduce((bytes, { versions }) => bytes + versions.length, 0) < PAGE_BYTES) return;
    after = last;
  }
}

const VERSION_PAGE = `
select id, sequence, versions, own from (
  select source_record_id as id, sequence, versions, ingest_id = $2 as own,
    sum(octet_length(versions)) over (order by source_record_id, sequence) - octet_length(versions) as before
  from register.segment
  where source_record_id = any($1::uuid[]) and (source_record_id, sequence) > ($3::uuid, $4::integer)) page
where before < $5 order by id, sequence`;

function openRecord(row: RecordRow, key: Uint8Array, stored: StoredVersions): OpenRecord {
  const chain = { keyVersion: row.key_version, sequence: row.head_sequence, digest: row.head_digest ?? undefined };
  return new OpenRecord(row.id, key, chain, stored);
}
