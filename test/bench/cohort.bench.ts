import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { CohortIndex } from '@aceso/cohort';
import { checkCriteria, type Criteria } from '@aceso/cohort/domain';
import { assert } from '@aceso/kernel';
import { BLOCK_SLOTS } from '@aceso/register/domain';
import { startStandaloneRegister } from '@aceso/register/testing';
import type { Bench, BenchFigure } from './bench';
import { fillDuckDb, fillIndex, generateFacts, type Facts } from './cohort.facts';

const SEED = 20;
const DAY = '2019-05-31';
const CODES_A_SET = 30;
const SETS = 10;
const ROUNDS = 3;
const CLIENTS = 8;
const QUESTIONS_A_CLIENT = 10;
const THREADS = 2;

/** What must be kept (docs/adr/0036-fact-blocks.md), milliseconds and bytes. */
const WARM_MS_MAX = 20;
const COLD_MS_MAX = 300;
const BYTES_MAX = 10;

/** Numbers of codes, those that many have among them, as of the n-th question. */
function codeSets(n: number) {
  const set = (first: number, step: number) => Array.from({ length: CODES_A_SET }, (_, at) => first + n + at * step);
  return {
    conditions: set(4, 7),
    observations: set(1_501, 5),
    medications: set(3_010, 9),
    encounters: set(4_501, 3),
    valueMin: 100 + 5 * n,
  };
}
type Sets = ReturnType<typeof codeSets>;
const named = (codes: readonly number[]) => ({ codes: codes.map((code) => `c${code}`) });

/** A first event at 40 to 69, women, a value within 90 days, none of some drugs before, and two encounter days in the year before. */
const criteriaOf = (sets: Sets): Criteria =>
  checkCriteria({
    version: 1,
    entry: { first: [{ condition: named(sets.conditions) }] },
    all: [
      { sex: ['female'] },
      { age: { min: 40, max: 69, at: 'entry' } },
      { observation: { ...named(sets.observations), value: { min: sets.valueMin }, within: { from: 0, to: 90 } } },
      { none: [{ medication: { ...named(sets.medications), within: { to: -1 } } }] },
      { encounter: { ...named(sets.encounters), within: { from: -365, to: 0 }, times: { min: 2 } } },
    ],
  });

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

async function timed<T>(run: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const from = performance.now();
  const result = await run();
  return { ms: performance.now() - from, result };
}

const at = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))]!;

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

async function measure(persons: number): Promise<BenchFigure> {
  const facts = generateFacts(persons, SEED);
  const register = await startStandaloneRegister({ shared_buffers: '1GB', max_wal_size: '8GB' });
  try {
    const { database } = register.kit.test;
    const { bytes, count } = await fillIndex(database, facts);
    const duckdb = await fillDuckDb(facts, THREADS);
    const open = () => new CohortIndex(database, { cacheBytesMax: 2 ** 31, foundSlots: everybody(facts) });
    const ask = async (index: CohortIndex, n: number): Promise<number> => {
      const question = { criteria: criteriaOf(codeSets(n)), day: DAY, adultAgeYears: 18 };
      return (await index.count('api', question)).at(-1)!;
    };
    const askDuckDb = async (n: number): Promise<number> => {
      const reader = await duckdb.runAndReadAll(sqlOf(codeSets(n)));
      return Number(reader.getRows()[0]![0]);
    };
    const index = open();
    const [cold, warm, theirs]: [number[], number[], number[]] = [[], [], []];
    for (let n = 0; n < SETS; n += 1) {
      const fresh = open();
      cold.push((await timed(() => ask(fresh, n))).ms);
      await fresh.onModuleDestroy();
      assert((await ask(index, n)) === (await askDuckDb(n)), 'both count the same persons');
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let n = 0; n < SETS; n += 1) {
        warm.push((await timed(() => ask(index, n))).ms);
        theirs.push((await timed(() => askDuckDb(n))).ms);
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
    const figure = (of: string, value: number, baseline: number, unit = 'ms') => ({ name: of, value, unit, baseline });
    return {
      value: at(warm, 0.5),
      unit: 'ms',
      baseline: at(theirs, 0.5),
      more: [
        figure('warm-p95', at(warm, 0.95), WARM_MS_MAX),
        figure('duckdb-p95', at(theirs, 0.95), at(theirs, 0.95)),
        figure('cold-p50', at(cold, 0.5), COLD_MS_MAX),
        figure('cold-p95', at(cold, 0.95), COLD_MS_MAX),
        figure('bytes-a-fact', bytes / count, BYTES_MAX, 'bytes'),
        figure('8-clients-p50', at(crowd, 0.5), at(warm, 0.5) * CLIENTS),
        figure('8-clients-p99', at(crowd, 0.99), at(warm, 0.95) * CLIENTS),
      ],
    };
  } finally {
    await register.stop();
  }
}

export const cohortBench: Bench = { name: 'cohort-100k', run: () => measure(100_000) };
