import { randomBytes, randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerEntryId } from '@aceso/kernel';
import { fsckLedger, INSTANCE_SUBJECT } from '@aceso/ledger';
import { createSequencer } from '@aceso/ledger/testing';
import type { Database, Tx } from '@aceso/platform';
import type { Bench, BenchFigure, NamedFigure } from './bench';
import { openInstance, type Instance } from './ledger.instance';

const WRITERS = 8;
const SUBJECTS = 200;
const ROUND_MS = 3_000;
const ROUNDS = 4;
const LATENCY_SAMPLES = 100;
const PROOF_SAMPLES = 300;
/** Proofs that are not counted: a process that has just started compiles its code while it makes them. */
const PROOF_WARM_UP = 100;

/** Sizes between which the log must not become slower or larger in memory, and how far each is measured. */
const SIZE_SMALL = 10_000;
const SIZE_LARGE = 1_000_000;
const STRETCH_ENTRIES = 20_000;
/** Rows that wait at once while the log is filled. */
const BACKLOG_ENTRIES = 100_000;

/** What the ledger must keep (docs/explanation/ledger.md). */
const SEALED_PER_SECOND_MIN = 5_000;
const LATENCY_MS_MAX = 300;
const PROOF_MS_MAX = 5;
const CHECKED_PER_SECOND_MIN = 100_000;

/** Bytes of a sealed opening as the measured entries have them. */
const SEALED_BYTES = 190;

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

/**
 * Rows as callers leave them, made by the server: what is measured is sealing. Entries are of administration and
 * otherwise random, as commitments are.
 */
async function insertBacklog(owner: Database, count: number): Promise<void> {
  const random = (blocks: number): string => Array(blocks).fill('uuid_send(gen_random_uuid())').join(' || ');
  await owner.query(
    'api',
    `insert into ledger.pending (id, entry, subject_id, sealed)
     select gen_random_uuid(), '\\x0105'::bytea || ${random(5)}, $2, substring(${random(12)} for ${SEALED_BYTES})
     from generate_series(1, $1)`,
    [count, INSTANCE_SUBJECT],
  );
}

/** Seals a backlog into signed blocks; returns the seconds that it took. */
async function seal(instance: Instance, count: number): Promise<number> {
  let seconds = 0;
  for (let left = count; left > 0; left -= BACKLOG_ENTRIES) {
    await insertBacklog(instance.owner, Math.min(left, BACKLOG_ENTRIES));
    const sequencer = createSequencer(instance);
    const begun = performance.now();
    while ((await sequencer.integrateOnce()) > 0);
    seconds += (performance.now() - begun) / 1000;
  }
  return seconds;
}

interface Stretch {
  readonly rate: number;
  readonly rssMiB: number;
}

/** Entries a second over a stretch from here on, and the memory of this process behind it. */
async function measureStretch(instance: Instance): Promise<Stretch> {
  const seconds = await seal(instance, STRETCH_ENTRIES);
  return { rate: STRETCH_ENTRIES / seconds, rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20) };
}

async function sizeOf({ owner }: Instance): Promise<number> {
  const [row] = await owner.query<{ size: string }>('api', 'select max(size) as size from ledger.block');
  return Number(row?.size ?? 0);
}

function appendOne({ database, ledger }: Instance): Promise<LedgerEntryId> {
  return database.transaction('worker', (tx) => ledger.append(tx, { kind: 'administration', code: 'key.added' }));
}

/** Milliseconds from the commit of an entry to the signature of its block, sorted. */
async function measureLatency(instance: Instance): Promise<number[]> {
  const waits: number[] = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample += 1) {
    await sleep(Math.random() * 250);
    const id = await appendOne(instance);
    const begun = performance.now();
    while (!(await isSigned(instance.database, id))) await sleep(3);
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

/** Milliseconds of one inclusion proof each, of entries all over the log, sorted. */
async function measureProofs({ database, ledger }: Instance): Promise<number[]> {
  const rows = await database.query<{ id: LedgerEntryId }>(
    'worker',
    `select id from ledger.entry tablesample bernoulli (0.1) where id is not null order by gen_random_uuid() limit $1`,
    [PROOF_WARM_UP + PROOF_SAMPLES],
  );
  const times: number[] = [];
  for (const { id } of rows) {
    const begun = performance.now();
    await ledger.proof(id);
    times.push(performance.now() - begun);
  }
  return times.slice(PROOF_WARM_UP).sort((a, b) => a - b);
}

/** Entries a second while every row is recomputed from the others; a finding would mean that the log is broken. */
async function measureFsck({ database, config, custody }: Instance): Promise<number> {
  const { origin, signingRecord } = config;
  const options = { origin, signingRecord, publicKey: custody.ledgerPublicKey() };
  const begun = performance.now();
  const { entries, findings } = await database.transaction('worker', (tx) => fsckLedger(tx, options), {
    isolation: 'REPEATABLE READ',
    readOnly: true,
  });
  if (findings.length > 0) throw new Error(`fsck: ${JSON.stringify(findings)}`);
  return (Number(entries) * 1000) / (performance.now() - begun);
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor((sorted.length - 1) * part)] ?? 0;

/** Fills the log until it is large; what was measured when it was small is the limit. */
async function measureGrowth(instance: Instance, small: Stretch): Promise<NamedFigure[]> {
  const rest = SIZE_LARGE - STRETCH_ENTRIES - (await sizeOf(instance));
  const sustained = rest / (await seal(instance, rest));
  const large = await measureStretch(instance);
  process.stderr.write(
    `ledger: sealing ${Math.round(small.rate)} entries/s at ${SIZE_SMALL} entries and ${Math.round(large.rate)} at ` +
      `${SIZE_LARGE}; RSS ${small.rssMiB} MiB and ${large.rssMiB} MiB\n`,
  );
  return [
    { name: 'sealing', value: sustained, unit: 'entries/s', baseline: SEALED_PER_SECOND_MIN },
    { name: 'flat', value: large.rate, unit: 'entries/s', baseline: small.rate },
  ];
}

async function run(): Promise<BenchFigure> {
  const instance = await openInstance(WRITERS + 4);
  try {
    await makePlainTable(instance.owner);
    await seal(instance, SIZE_SMALL);
    const small = await measureStretch(instance);
    const sequencer = createSequencer(instance);
    sequencer.start();
    const { appends, inserts } = await measureAppends(instance);
    const latency = await measureLatency(instance);
    await sequencer.stop();
    const growth = await measureGrowth(instance, small);
    await createSequencer(instance).publishOnce();
    const proofs = await measureProofs(instance);
    const checked = await measureFsck(instance);
    process.stderr.write(
      `ledger: commit to signed block p50 ${quantile(latency, 0.5).toFixed(1)} ms; ` +
        `inclusion proof p50 ${quantile(proofs, 0.5).toFixed(1)} ms\n`,
    );
    const seconds = (ROUND_MS * ROUNDS) / 1000;
    return {
      value: appends / seconds,
      unit: 'entries/s',
      baseline: inserts / seconds,
      more: [
        { name: 'latency', value: quantile(latency, 0.99), unit: 'ms', baseline: LATENCY_MS_MAX },
        ...growth,
        { name: 'fsck', value: checked, unit: 'entries/s', baseline: CHECKED_PER_SECOND_MIN },
        { name: 'proof', value: quantile(proofs, 0.95), unit: 'ms', baseline: PROOF_MS_MAX },
      ],
    };
  } finally {
    await instance.close();
  }
}

/**
 * Durable appends, 8 writers, one entry a commit, with the sequencer at work; against plain inserts of the same bytes.
 * Then the same log up to a million entries.
 */
export const ledgerBench: Bench = { name: 'ledger', run };
