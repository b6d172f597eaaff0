import { setTimeout as sleep } from 'node:timers/promises';
import { CohortIndex } from '@aceso/cohort';
import type { Criteria } from '@aceso/cohort/domain';
import { assert } from '@aceso/kernel';
import { BLOCK_SLOTS } from '@aceso/register/domain';
import { startStandaloneRegister } from '@aceso/register/testing';
import type { Bench, BenchFigure } from './bench';
import { fillDuckDb, fillIndex, generateFacts, type Facts } from './cohort.facts';
import { cohortGraphqlBench } from './cohort-graphql.bench';
import { at, codeSets, criteriaOf, eightRules, SEED, timed, type Sets } from './cohort.questions';

const DAY = '2019-05-31';
const SETS = 10;
const ROUNDS = 3;
const CLIENTS = 8;
const QUESTIONS_A_CLIENT = 10;
const THREADS = 2;

/** What must be kept (docs/adr/0036-fact-blocks.md), milliseconds and bytes. */
const WARM_MS_MAX = 20;
const WARM_MS_MAX_1M = 120;
const COLD_MS_MAX = 300;
const BYTES_MAX = 10;

const sqlOf = (sets: Sets): string => `
with entry as (select slot, min(day) as day from fact where code in (${sets.conditions.join()}) group by slot),
aged as (
  select e.slot, e.day from entry e join person p using (slot),
         lateral (select year(date '1970-01-01' + e.day) * 12 + month(date '1970-01-01' + e.day) - 1 as month) m
   where p.sex = 0 and p.month <= m.month - 481 and p.month >= m.month - 839)
select count(*)::integer as n from aged a
 where exists (select 1 from fact f where f.slot = a.slot and f.code in (${sets.observations.join()})
                 and f.value >= ${sets.valueMin} and f.day - a.day between 0 and 90)
   and not exists (select 1 from fact f where f.slot = a.slot and f.code in (${sets.medications.join()}) and f.day < a.day)
   and a.slot in (select b.slot from aged b join fact f on f.slot = b.slot
                   where f.code in (${sets.encounters.join()}) and f.day - b.day between -365 and 0
                   group by b.slot having count(distinct f.day) >= 2)`;

/** Everybody: who may be counted is a question to consent, which DuckDB is not asked either. */
const everybody = ({ persons }: Facts) => {
  const blocks = new Map<number, { found: Uint8Array; numbers: Int32Array }>();
  for (let from = 0; from < persons; from += BLOCK_SLOTS) {
    const size = Math.min(BLOCK_SLOTS, persons - from);
    const found = new Uint8Array(new SharedArrayBuffer(size)).fill(1);
    blocks.set(from / BLOCK_SLOTS, { found, numbers: Int32Array.from({ length: size }, (_, at) => from + at) });
  }
  return async () => blocks;
};

/** Milliseconds. */
interface Measured {
  readonly warm: readonly number[];
  readonly theirs: readonly number[];
  /** Eight rules: the last number alone, and all of them. */
  readonly eight: { readonly count: readonly number[]; readonly funnel: readonly number[] };
  /** Several clients at once. */
  readonly crowd: readonly number[];
  /** A process that holds no block yet. */
  readonly cold: readonly number[];
  readonly bytesAFact: number;
}

async function measure(persons: number): Promise<Measured> {
  const facts = generateFacts(persons, SEED);
  const register = await startStandaloneRegister({ shared_buffers: '1GB', max_wal_size: '8GB' });
  try {
    const { database } = register.kit.test;
    const { bytes, count } = await fillIndex(database, facts);
    const duckdb = await fillDuckDb(facts, THREADS);
    const open = () => new CohortIndex(database, { cacheBytesMax: 2 ** 31, foundPersons: { read: everybody(facts) } });
    const question = (criteria: Criteria) => ({ criteria, day: DAY, adultAgeYears: 18 });
    const ask = async (index: CohortIndex, n: number): Promise<number> =>
      (await index.count('api', question(criteriaOf(codeSets(n))))).at(-1)!;
    const askDuckDb = async (n: number): Promise<number> => {
      const reader = await duckdb.runAndReadAll(sqlOf(codeSets(n)));
      return Number(reader.getRows()[0]![0]);
    };
    const index = open();
    const cold: number[] = [];
    for (let n = 0; n < SETS; n += 1) {
      const fresh = open();
      cold.push((await timed(() => ask(fresh, n))).ms);
      await fresh.onModuleDestroy();
      assert((await ask(index, n)) === (await askDuckDb(n)), 'both count the same persons');
    }
    const [warm, theirs, ofCount, ofFunnel]: number[][] = [[], [], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let n = 0; n < SETS; n += 1) {
        const eight = question(eightRules(codeSets(n)));
        warm!.push((await timed(() => ask(index, n))).ms);
        theirs!.push((await timed(() => askDuckDb(n))).ms);
        ofCount!.push((await timed(() => index.sets('api', eight, 1))).ms);
        ofFunnel!.push((await timed(() => index.sets('api', eight))).ms);
      }
    }
    const client = async (first: number): Promise<number[]> => {
      const times: number[] = [];
      await sleep(first);
      for (let n = 0; n < QUESTIONS_A_CLIENT; n += 1)
        times.push((await timed(() => ask(index, (first + n) % SETS))).ms);
      return times;
    };
    const crowd = (await Promise.all(Array.from({ length: CLIENTS }, (_, first) => client(first)))).flat();
    await index.onModuleDestroy();
    duckdb.closeSync();
    const eight = { count: ofCount!, funnel: ofFunnel! };
    return { warm: warm!, theirs: theirs!, eight, crowd, cold, bytesAFact: bytes / count };
  } finally {
    await register.stop();
  }
}

const figure = (of: string, value: number, baseline: number, unit = 'ms') => ({ name: of, value, unit, baseline });

function warmFigures({ warm, theirs, eight, crowd, bytesAFact }: Measured, msMax: number): BenchFigure {
  return {
    value: at(warm, 0.5),
    unit: 'ms',
    baseline: at(theirs, 0.5),
    more: [
      figure('warm-p95', at(warm, 0.95), msMax),
      figure('duckdb-p95', at(theirs, 0.95), at(theirs, 0.95)),
      figure('funnel-8-rules-p50', at(eight.funnel, 0.5), at(eight.count, 0.5)),
      figure('bytes-a-fact', bytesAFact, BYTES_MAX, 'bytes'),
      figure('8-clients-p50', at(crowd, 0.5), at(warm, 0.5) * CLIENTS),
      figure('8-clients-p99', at(crowd, 0.99), at(warm, 0.95) * CLIENTS),
    ],
  };
}

/** A question warm, against DuckDB's answer to the same one over the same facts in the same run. */
const cohort100k: Bench = {
  name: 'cohort-100k',
  run: async () => warmFigures(await measure(100_000), WARM_MS_MAX),
};

/** The same of ten times as many; the exponent says how time grows with persons. */
const cohort1m: Bench = {
  name: 'cohort-1m',
  async run() {
    const small = await measure(100_000);
    const large = await measure(1_000_000);
    const figures = warmFigures(large, WARM_MS_MAX_1M);
    const exponent = Math.log10(at(large.warm, 0.5) / at(small.warm, 0.5));
    return { ...figures, more: [...figures.more!, figure('growth-exponent', exponent, 1, '')] };
  },
};

/** A question of a process that holds no block yet. */
const cohortCold: Bench = {
  name: 'cohort-cold',
  async run() {
    const { cold, theirs } = await measure(100_000);
    const more = [figure('p95', at(cold, 0.95), COLD_MS_MAX)];
    return { value: at(cold, 0.5), unit: 'ms', baseline: at(theirs, 0.5), more };
  },
};

export const COHORT_BENCHES: readonly Bench[] = [cohort100k, cohort1m, cohortCold, cohortGraphqlBench];
