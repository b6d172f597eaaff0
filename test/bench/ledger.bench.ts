import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAudit } from '@aceso/audit/testing';
import type { LedgerEntryId } from '@aceso/kernel';
import type { Ledger } from '@aceso/ledger';
import { createSequencer } from '@aceso/ledger/testing';
import {
  createKeys,
  createLogger,
  Database,
  KeyCustody,
  migrate,
  provideRoles,
  readConfig,
  Runtime,
  startEmbeddedPostgres,
  type Config,
  type Logger,
  type Tx,
} from '@aceso/platform';
import type { Bench, BenchFigure } from './bench';

const WRITERS = 8;
const SUBJECTS = 200;
const ROUND_MS = 3_000;
const ROUNDS = 4;
const BACKLOG_ENTRIES = 20_000;
const LATENCY_SAMPLES = 60;
const PROOF_SAMPLES = 300;

/** Bytes of a sealed opening as the measured entries have them. */
const SEALED_BYTES = 190;

interface Instance {
  readonly database: Database;
  readonly owner: Database;
  readonly ledger: Ledger;
  readonly runtime: Runtime;
  readonly custody: KeyCustody;
  readonly config: Config;
  readonly logger: Logger;
  close(): Promise<void>;
}

/** A server of its own with fsync on: tests switch it off, and a log that may lose commits is not measured here. */
async function openInstance(): Promise<Instance> {
  const home = mkdtempSync(join(tmpdir(), 'aceso-bench-'));
  const server = await startEmbeddedPostgres({ home });
  await migrate(server.ownerUrl);
  const urls = await provideRoles(home, server.ownerUrl);
  createKeys(join(home, 'keys'));
  const parts = {
    database: new Database({ urls, poolSize: WRITERS + 4 }),
    // The owner makes the table that the plain inserts go to.
    owner: new Database({ urls: { api: server.ownerUrl }, poolSize: 2 }),
    runtime: new Runtime(),
    custody: new KeyCustody(join(home, 'keys')),
    config: readConfig({ ACESO_HOME: home, PORT: '0', ACESO_CHECKPOINT_INTERVAL_MS: '1000' }),
    logger: createLogger({ process: 'bench', level: 'error', format: 'text' }),
  };
  return {
    ...parts,
    ledger: createAudit(parts).ledger,
    async close() {
      await parts.database.close();
      await parts.owner.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function makePlainTable(owner: Database): Promise<void> {
  await owner.query(
    'api',
    `create table public.plain (seq bigint generated always as identity primary key, id uuid not null,
       entry bytea not null, subject_id uuid not null, sealed bytea not null)`,
  );
  await owner.query('api', 'grant usage on schema public to aceso_worker');
  await owner.query('api', 'grant insert on public.plain to aceso_worker');
}

/** Commits of all writers in one round, one row a commit. */
async function round(database: Database, act: (tx: Tx, n: number) => Promise<unknown>): Promise<number> {
  const end = performance.now() + ROUND_MS;
  const writers = Array.from({ length: WRITERS }, async (_, writer) => {
    let commits = 0;
    for (; performance.now() < end; commits += 1) {
      await database.transaction('worker', (tx) => act(tx, writer + commits * WRITERS));
    }
    return commits;
  });
  return (await Promise.all(writers)).reduce((sum, commits) => sum + commits, 0);
}

/** Appends and plain inserts in turns, so that a busy machine slows both. */
async function measureAppends({ database, ledger }: Instance): Promise<{ appends: number; inserts: number }> {
  const subjects = Array.from({ length: SUBJECTS }, () => randomUUID());
  const append = (tx: Tx, n: number): Promise<unknown> =>
    ledger.append(tx, { kind: 'person', code: 'record.opened', subjectId: subjects[n % SUBJECTS] as string });
  const insert = (tx: Tx): Promise<unknown> =>
    tx.execute('insert into public.plain (id, entry, subject_id, sealed) values ($1, $2, $3, $4)', [
      randomUUID(),
      randomBytes(82),
      subjects[0],
      randomBytes(SEALED_BYTES),
    ]);
  await round(database, append); // makes the keys of the subjects
  const counts = { appends: 0, inserts: 0 };
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    counts.inserts += await round(database, insert);
    counts.appends += await round(database, append);
  }
  return counts;
}

async function appendMany({ database, ledger }: Instance, count: number): Promise<LedgerEntryId[]> {
  const entries = Array.from({ length: count }, () => ({ kind: 'administration' as const, code: 'key.added' }));
  return database.transaction('worker', (tx) => ledger.appendMany(tx, entries));
}

/** Entries a second while a backlog is sealed into signed blocks. */
async function measureSealing(instance: Instance): Promise<number> {
  await appendMany(instance, BACKLOG_ENTRIES);
  const sequencer = createSequencer(instance);
  const begun = performance.now();
  while ((await sequencer.integrateOnce()) > 0);
  return (BACKLOG_ENTRIES * 1000) / (performance.now() - begun);
}

/** Milliseconds from the commit of an entry to the signature of its block, sorted. */
async function measureLatency(instance: Instance): Promise<number[]> {
  const waits: number[] = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample += 1) {
    await sleep(Math.random() * 250);
    const [id] = await appendMany(instance, 1);
    const begun = performance.now();
    while (!(await isSigned(instance.database, id as LedgerEntryId))) await sleep(3);
    waits.push(performance.now() - begun);
  }
  return waits.sort((a, b) => a - b);
}

async function isSigned(database: Database, id: LedgerEntryId): Promise<boolean> {
  const rows = await database.query(
    'worker',
    `select 1 from ledger.entry e join ledger.block b on b.size > e.index and b.first <= e.index
     join ledger.block_signature s on s.height = b.height where e.id = $1`,
    [id],
  );
  return rows.length > 0;
}

/** Milliseconds of one inclusion proof, sorted. */
async function measureProofs({ database, ledger }: Instance): Promise<number[]> {
  const rows = await database.query<{ id: LedgerEntryId }>(
    'worker',
    'select id from ledger.entry tablesample system (20) where id is not null limit $1',
    [PROOF_SAMPLES],
  );
  const times: number[] = [];
  for (const { id } of rows) {
    const begun = performance.now();
    await ledger.proof(id);
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], part: number): string =>
  (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(1);

async function run(): Promise<BenchFigure> {
  const instance = await openInstance();
  try {
    await makePlainTable(instance.owner);
    const sequencer = createSequencer(instance);
    sequencer.start();
    const { appends, inserts } = await measureAppends(instance);
    const latency = await measureLatency(instance);
    await sequencer.stop();
    const sealing = await measureSealing(instance);
    await createSequencer(instance).publishOnce();
    const proofs = await measureProofs(instance);
    process.stderr.write(
      `ledger: sealing a backlog ${Math.round(sealing)} entries/s; commit to signed block p50 ${quantile(latency, 0.5)} ms, ` +
        `p99 ${quantile(latency, 0.99)} ms; inclusion proof p95 ${quantile(proofs, 0.95)} ms\n`,
    );
    const seconds = (ROUND_MS * ROUNDS) / 1000;
    return { value: appends / seconds, unit: 'entries/s', baseline: inserts / seconds };
  } finally {
    await instance.close();
  }
}

/** Durable appends, 8 writers, one entry a commit, with the sequencer at work; against plain inserts of the same bytes. */
export const ledgerBench: Bench = { name: 'ledger', run };
