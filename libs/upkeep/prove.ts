import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessEventsCheck, AuditService, KeyUseEvents } from '@aceso/audit';
import { deliveriesCheck } from '@aceso/extraction';
import type { PersonId, SourceRecordId } from '@aceso/kernel';
import { fsckLedger, Ledger, openingsCheck, type FsckFinding, type FsckReport } from '@aceso/ledger';
import { checkTombstones, Database, KeyCustody, readTombstones, Runtime, tombstoneMark } from '@aceso/platform';
import { forgetHome } from '@aceso/platform/supervisor';
import { compareSegments, RecordReader, segmentRowsCheck } from '@aceso/register';
import { restoreRunning, type RestoreRequest, type RunningRestore } from './restore';

/** Records that a report names, at most: the rest is counted. */
export const FAULTS_SHOWN_MAX = 20;
/** Source records of one look. */
const RECORDS_A_PAGE = 500;

/** A live source record that does not open. */
export interface UnreadableRecord {
  readonly sourceRecordId: string;
  /** KEY_EPOCH_DESTROYED: the backup is older than the latency of erasures, and its keys are dead. */
  readonly code: string;
}

/** What a restore of a backup would give. */
export interface Proof {
  readonly madeAt: string;
  readonly files: number;
  readonly tables: number;
  readonly rows: number;
  readonly fsck: Pick<FsckReport, 'findings' | 'checks'> & { readonly entries: string };
  /** Tombstones beside the keys, and those that this backup did not know yet. */
  readonly tombstones: { readonly all: number; readonly appliedNow: number };
  readonly records: { readonly opened: number; readonly resources: number; readonly unreadable: number };
  readonly unreadable: readonly UnreadableRecord[];
  /** Erased records: without key, and refused to the reader. */
  readonly erased: { readonly records: number; readonly opened: number };
  readonly sound: boolean;
}

/**
 * Restores a backup into a scratch home and looks at it: checksums, the ledger and the heads against it, tombstones, and
 * whether every living record opens and no erased one does. Leaves nothing behind. Always on the embedded server.
 */
export async function proveBackup(request: Pick<RestoreRequest, 'from' | 'keys'>): Promise<Proof> {
  const home = mkdtempSync(join(tmpdir(), 'aceso-prove-'));
  chmodSync(home, 0o711); // the database server's account passes through
  let running: RunningRestore | undefined;
  try {
    running = await restoreRunning({ ...request, home });
    return await look(running, home);
  } finally {
    await running?.close();
    await forgetHome(home);
  }
}

async function look(restored: RunningRestore, home: string): Promise<Proof> {
  const { manifest, files, tombstones } = restored;
  const database = new Database({ urls: restored.roleUrls, poolSize: 2 });
  const custody = new KeyCustody(join(home, 'keys'), []);
  const runtime = new Runtime();
  const keyUseLog = new KeyUseEvents(runtime);
  const ledger = new Ledger(database, runtime, custody, { origin: manifest.origin }, keyUseLog);
  const reader = new RecordReader(database, new AuditService(ledger, runtime), custody);
  try {
    await checkTombstones(database, custody.folder);
    const fsck = await checkLedger({ database, custody, runtime, keyUseLog, origin: manifest.origin });
    const { unreadable, ...records } = await openLiving(database, reader);
    const erased = await tryErased(database, reader, custody.folder);
    return {
      madeAt: manifest.madeAt,
      files,
      tables: manifest.tables.length,
      rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
      fsck,
      tombstones: { all: readTombstones(custody.folder).length, appliedNow: tombstones.applied },
      records: { ...records, unreadable: unreadable.length },
      unreadable: unreadable.slice(0, FAULTS_SHOWN_MAX),
      erased,
      sound: fsck.findings.length === 0 && unreadable.length === 0 && erased.opened === 0,
    };
  } finally {
    await database.close();
  }
}

interface LedgerParts {
  readonly database: Database;
  readonly custody: KeyCustody;
  readonly runtime: Runtime;
  readonly keyUseLog: KeyUseEvents;
  readonly origin: string;
}

async function checkLedger(parts: LedgerParts): Promise<Proof['fsck']> {
  const { database, custody, origin } = parts;
  const openings = openingsCheck({ ...parts, compare: compareSegments });
  const report = await database.transaction(
    'worker',
    (tx) =>
      fsckLedger(tx, {
        origin,
        publicKey: custody.ledgerPublicKey(),
        checks: [accessEventsCheck, segmentRowsCheck, deliveriesCheck, openings],
      }),
    { isolation: 'REPEATABLE READ', readOnly: true },
  );
  const findings: readonly FsckFinding[] = report.findings;
  return { findings, checks: report.checks, entries: String(report.entries) };
}

interface RecordRow {
  readonly id: SourceRecordId;
  readonly head: number;
}

async function openLiving(
  database: Database,
  reader: RecordReader,
): Promise<{ opened: number; resources: number; unreadable: UnreadableRecord[] }> {
  let opened = 0;
  let resources = 0;
  const unreadable: UnreadableRecord[] = [];
  for await (const row of recordsOf(database, 'erased_at is null')) {
    try {
      resources += await readAll(database, reader, row);
      opened += 1;
    } catch (error) {
      unreadable.push({ sourceRecordId: row.id, code: codeOf(error) });
    }
  }
  return { opened, resources, unreadable };
}

/** Records that were erased, and all whose tombstone is here, whatever their row says. */
async function tryErased(database: Database, reader: RecordReader, keyFolder: string): Promise<Proof['erased']> {
  const marks = new Set(readTombstones(keyFolder).flatMap((tombstone) => tombstone.marks));
  let records = 0;
  let opened = 0;
  for await (const row of recordsOf(database, 'true')) {
    if (row.living && !marks.has(tombstoneMark('source-record', row.id))) continue;
    records += 1;
    const isRead = await readAll(database, reader, row).then(
      () => true,
      () => false,
    );
    if (isRead || row.keyed) opened += 1;
  }
  return { records, opened };
}

async function* recordsOf(
  database: Database,
  which: 'true' | 'erased_at is null',
): AsyncGenerator<RecordRow & { readonly living: boolean; readonly keyed: boolean }> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await database.query<RecordRow & { living: boolean; keyed: boolean }>(
      'worker',
      `select id, head_sequence as head, erased_at is null as living, key_wrapped is not null as keyed
         from register.source_record where id > $1 and ${which} order by id limit $2`,
      [after, RECORDS_A_PAGE],
    );
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < RECORDS_A_PAGE) return;
    after = last.id;
  }
}

/** Reads a record from its first segment to its head; its own id stands for the person in the trace. */
async function readAll(database: Database, reader: RecordReader, { id, head }: RecordRow): Promise<number> {
  const item = { sourceRecordId: id, personId: id as string as PersonId, upToSequence: head };
  const [ticket] = await database.transaction('worker', (tx) =>
    reader.prepare(tx, [item], { purpose: 'backup-check', actorId: null }),
  );
  let resources = 0;
  if (ticket) for await (const { bytes } of reader.read(ticket)) resources += bytes > 0 ? 1 : 0;
  return resources;
}

function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ((at as { code?: unknown }).code === 'KEY_EPOCH_DESTROYED') return 'KEY_EPOCH_DESTROYED';
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'UNKNOWN';
}
