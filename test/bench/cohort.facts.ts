import type { Database } from '@aceso/platform';
import { BLOCK_SLOTS, encodePersons, FORM_NONE, SEXES } from '@aceso/register/domain';
import { DuckDBDataChunk, DuckDBInstance, FLOAT, INTEGER, type DuckDBConnection } from '@duckdb/node-api';

/** Codes of each kind, and how many facts a person has on average; frequencies fall as 1 / rank. */
const KINDS = [
  { kind: 'condition', codes: 1_500, facts: 15 },
  { kind: 'observation', codes: 1_500, facts: 50 },
  { kind: 'medication', codes: 1_500, facts: 20 },
  { kind: 'encounter', codes: 500, facts: 15 },
] as const;
const DAY_MIN = 10_957;
const DAYS = 7_000;
const CHUNK_ROWS = 2_048;
const DECIMALS = 1;

/** Facts of one code, in the order of persons. Days from 1970-01-01; values in tenths, observations only. */
export interface CodeFacts {
  readonly kind: string;
  readonly slots: Int32Array;
  readonly days: Int32Array;
  readonly values: Int32Array | null;
}

export interface Facts {
  readonly persons: number;
  readonly births: Int16Array;
  readonly sexes: Uint8Array;
  /** By code; its name is `c` and its number. */
  readonly codes: readonly CodeFacts[];
  readonly count: number;
}

/** A generator of numbers in [0, 1) (mulberry32): the same seed gives the same facts everywhere. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** About a hundred facts a person, as columns: log-normal in number, Zipf in codes. */
export function generateFacts(persons: number, seed: number): Facts {
  const next = numbers(seed);
  const codes: { kind: string; slots: number[]; days: number[]; values: number[] | null }[] = [];
  const kinds = KINDS.map(({ kind, codes: some, facts }) => {
    const first = codes.length;
    for (let at = 0; at < some; at += 1)
      codes.push({ kind, slots: [], days: [], values: kind === 'observation' ? [] : null });
    return { first, some, facts, scale: Math.log(some + 1) };
  });
  const births = Int16Array.from({ length: persons }, () => 1930 * 12 + Math.floor(next() * 75 * 12));
  const sexes = Uint8Array.from({ length: persons }, () => (next() < 0.5 ? 0 : 1));
  let count = 0;
  for (let slot = 0; slot < persons; slot += 1) {
    const burden = Math.exp(0.6 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()) - 0.18);
    for (const { first, some, facts, scale } of kinds) {
      for (let left = Math.round(facts * burden); left > 0; left -= 1) {
        const rank = Math.min(some - 1, Math.floor(Math.exp(next() * scale)) - 1);
        const code = codes[first + rank]!;
        code.slots.push(slot);
        code.days.push(DAY_MIN + Math.floor(next() * DAYS));
        code.values?.push(Math.floor(next() * 2_000));
        count += 1;
      }
    }
  }
  const columns = codes.map(({ kind, slots, days, values }) => ({
    kind,
    slots: Int32Array.from(slots),
    days: Int32Array.from(days),
    values: values && Int32Array.from(values),
  }));
  return { persons, births, sexes, codes: columns, count };
}

/** Writes them as blocks; returns the bytes of all tables of the index. */
export async function fillIndex(database: Database, facts: Facts): Promise<number> {
  await database.transaction('index', async (tx) => {
    const kinds = facts.codes.map(({ kind }) => kind);
    await tx.execute(
      `insert into facts.code (kind, code, system, unit)
       select kind, 'c' || n, 's', '' from unnest($1::text[]) with ordinality as code (kind, n)`,
      [kinds],
    );
    const stored = await tx.query<{ number: number; code: string }>('select number, code from facts.code');
    for (const { number, code } of stored) {
      for (const { blk, n, form, data } of blocksOf(facts.codes[Number(code.slice(1)) - 1]!)) {
        await tx.execute('insert into facts.block (code, blk, n, form, data) values ($1, $2, $3, $4, $5)', [
          number,
          blk,
          n,
          form,
          data,
        ]);
      }
    }
    for (let from = 0; from < facts.persons; from += BLOCK_SLOTS) {
      const n = Math.min(BLOCK_SLOTS, facts.persons - from);
      const entries = Array.from({ length: n }, (_, at) => ({
        slot: from + at,
        birthMonth: monthText(facts.births[from + at]!),
        sex: SEXES[facts.sexes[from + at]!]!,
        zip3: null,
        state: null,
      }));
      await tx.execute('insert into facts.person_block (blk, n, data) values ($1, $2, $3)', [
        from / BLOCK_SLOTS,
        n,
        Buffer.from(encodePersons(entries)),
      ]);
    }
  });
  const [row] = await database.query<{ bytes: string }>(
    'index',
    `select sum(pg_total_relation_size(name::regclass)) as bytes
       from unnest(array['facts.block', 'facts.code', 'facts.person_block']) as name`,
  );
  return Number(row!.bytes);
}

function* blocksOf({ slots, days, values }: CodeFacts) {
  for (let from = 0, to = 0; from < slots.length; from = to) {
    const blk = slots[from]! >> 16;
    while (to < slots.length && slots[to]! >> 16 === blk) to += 1;
    const parts = [Uint16Array.from(slots.subarray(from, to)), days.slice(from, to), values?.slice(from, to)];
    const data = Buffer.concat(parts.flatMap((part) => (part ? [Buffer.from(part.buffer)] : [])));
    yield { blk, n: to - from, form: values ? DECIMALS : FORM_NONE, data };
  }
}

const monthText = (month: number): string => `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;

/** The same facts in a table of DuckDB in memory, sorted by code and person. */
export async function fillDuckDb(facts: Facts, threads: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  await connection.run('create table fact (code integer, slot integer, day integer, value float)');
  await connection.run('create table person (slot integer, month integer, sex integer)');
  const appender = await connection.createAppender('fact');
  facts.codes.forEach(({ slots, days, values }, at) => {
    for (let from = 0; from < slots.length; from += CHUNK_ROWS) {
      const to = Math.min(slots.length, from + CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create([INTEGER, INTEGER, INTEGER, FLOAT], to - from);
      const numbersOf = values ? [...values.subarray(from, to)].map((value) => value / 10 ** DECIMALS) : undefined;
      chunk.setColumns([
        new Array<number>(to - from).fill(at + 1),
        [...slots.subarray(from, to)],
        [...days.subarray(from, to)],
        numbersOf ?? new Array<null>(to - from).fill(null),
      ]);
      appender.appendDataChunk(chunk);
    }
  });
  appender.closeSync();
  const people = await connection.createAppender('person');
  for (let from = 0; from < facts.persons; from += CHUNK_ROWS) {
    const n = Math.min(CHUNK_ROWS, facts.persons - from);
    const chunk = DuckDBDataChunk.create([INTEGER, INTEGER, INTEGER], n);
    chunk.setColumns([
      Array.from({ length: n }, (_, at) => from + at),
      [...facts.births.subarray(from, from + n)],
      [...facts.sexes.subarray(from, from + n)],
    ]);
    people.appendDataChunk(chunk);
  }
  people.closeSync();
  return connection;
}
