import type { AccessEventId, PartyId, SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { RegisterError } from '../register.errors';
import { readVersions, VERSION_BYTES } from '../domain';
import { VersionHasher } from '../ingest/open-record';
import type { ResourceRow } from '../ingest/resource-row';

export interface RecordKeyRow {
  readonly id: SourceRecordId;
  readonly localIdHash: Uint8Array;
  readonly keyVersion: number;
  readonly keyWrapped: Uint8Array;
  readonly keyEpoch: number;
  readonly headSequence: number;
  readonly headDigest: Uint8Array | null;
}

/** Where a record's chain ends, and its wrapped key. */
export async function selectRecordKey(tx: Tx, id: SourceRecordId): Promise<RecordKeyRow> {
  const [row] = await tx.query<RecordKeyRow>(
    `select id, local_id_hash as "localIdHash", key_version as "keyVersion", key_wrapped as "keyWrapped", key_epoch as "keyEpoch",
            head_sequence as "headSequence", head_digest as "headDigest"
       from register.source_record where id = $1 and erased_at is null`,
    [id],
  );
  if (!row) throw new RegisterError('SOURCE_RECORD_NOT_FOUND', 'there is no such source record');
  return row;
}

/** A physician's write: who, into what, under which rule. */
export interface WriteRow {
  readonly id: string;
  readonly sourceRecordId: SourceRecordId;
  readonly physicianId: PartyId;
  readonly providerId: PartyId;
  /** Numbers of the rules that permit it. */
  readonly rules: readonly number[];
  readonly rulesDigest: Uint8Array;
  readonly accessEventId: AccessEventId;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly at: number;
}

export async function insertWrite(tx: Tx, row: WriteRow): Promise<void> {
  await tx.execute(
    `insert into register.record_write (id, source_record_id, physician_id, provider_id, rules, rules_digest, access_event_id,
                                        written_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      row.id,
      row.sourceRecordId,
      row.physicianId,
      row.providerId,
      row.rules,
      row.rulesDigest,
      row.accessEventId,
      new Date(row.at),
    ],
  );
}

/** What stands in a record under the names of these resources, the newest of each, and how many versions it has in all. */
export async function storedNames(
  tx: Tx,
  id: SourceRecordId,
  key: Uint8Array,
  rows: readonly ResourceRow[],
): Promise<{ newest: Map<string, string>; total: number; names: ReadonlySet<string> }> {
  const hasher = new VersionHasher(key);
  const names = new Set(rows.map((row) => hasher.name(row)));
  const newest = new Map<string, string>();
  let total = 0;
  for (let after = 0; ;) {
    const lists = await tx.query<{ sequence: number; versions: Uint8Array }>(
      'select sequence, versions from register.versions_of_write($1, $2)',
      [id, after],
    );
    for (const { versions, sequence } of lists) {
      total += versions.length / VERSION_BYTES;
      for (const { name, content } of readVersions(versions)) if (names.has(name)) newest.set(name, content);
      after = sequence;
    }
    if (lists.length === 0) return { newest, total, names };
  }
}
