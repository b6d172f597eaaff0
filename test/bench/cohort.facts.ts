import {
  SYNTHETIC_BLOCK_PERSONS,
  SYNTHETIC_CODES,
  SYNTHETIC_DECIMALS,
  syntheticFacts,
  type SyntheticFactsOptions,
} from '@aceso/fhir/synthetic';
import type { Database } from '@aceso/platform';
import { GeneratedIndex } from '@aceso/register';
import {
  DuckDBDataChunk,
  DuckDBInstance,
  FLOAT,
  INTEGER,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
} from '@duckdb/node-api';

const CHUNK_ROWS = 2_048;
/** The day at which the lifetimes end: generated facts are the same on every day. */
const AS_OF = '2019-03-01';

/** What facts to generate: they are made once for each store, block by block, and never stand in memory together. */
export type Facts = SyntheticFactsOptions;

/** About a hundred facts a person: lifetimes, log-normal in number of visits, Zipf in codes. The same as of `aceso generate --index`. */
export function generateFacts(persons: number, seed: number): Facts {
  return { persons, seed, asOf: AS_OF };
}

/** Writes them as blocks; returns how many there are, and the bytes of all tables of the index. */
export async function fillIndex(
  database: Database,
  facts: Facts,
): Promise<{ readonly count: number; readonly bytes: number }> {
  let count = 0;
  for await (const written of new GeneratedIndex(database).write(facts)) count = written.facts;
  const [row] = await database.query<{ bytes: string }>(
    'index',
    `select sum(pg_total_relation_size(name::regclass)) as bytes
       from unnest(array['facts.block', 'facts.code', 'facts.person_block']) as name`,
  );
  return { count, bytes: Number(row!.bytes) };
}

/** The same facts in a table of DuckDB in memory, sorted by code and person; a code has the number of its name. */
export async function fillDuckDb(facts: Facts, threads: number): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  await connection.run('create table made (code integer, slot integer, day integer, value float)');
  await connection.run('create table person (slot integer, month integer, sex integer)');
  const made = await connection.createAppender('made');
  const people = await connection.createAppender('person');
  for (const block of syntheticFacts(facts)) {
    const first = block.number * SYNTHETIC_BLOCK_PERSONS;
    appendColumns(people, [INTEGER, INTEGER, INTEGER], {
      rows: block.persons,
      columns: [(at) => first + at, (at) => block.births[at]!, (at) => block.sexes[at]!],
    });
    for (let code = 0; code < SYNTHETIC_CODES.length; code += 1) {
      const { n, slots, days, values } = block.columns(code);
      const valueAt = (at: number) => values && values[at]! / 10 ** SYNTHETIC_DECIMALS;
      appendColumns(made, [INTEGER, INTEGER, INTEGER, FLOAT], {
        rows: n,
        columns: [() => code + 1, (at) => first + slots[at]!, (at) => days[at]!, valueAt],
      });
    }
  }
  made.closeSync();
  people.closeSync();
  // Blocks came one after the other, each sorted: their rows are merged, so that rows of a code stand together.
  await connection.run('create table fact as select * from made order by code, slot');
  await connection.run('drop table made');
  return connection;
}

interface Rows {
  readonly rows: number;
  readonly columns: readonly ((at: number) => number | null)[];
}

function appendColumns(appender: DuckDBAppender, types: readonly DuckDBType[], { rows, columns }: Rows): void {
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const size = Math.min(CHUNK_ROWS, rows - from);
    const chunk = DuckDBDataChunk.create(types, size);
    chunk.setColumns(columns.map((valueAt) => Array.from({ length: size }, (_, at) => valueAt(from + at))));
    appender.appendDataChunk(chunk);
  }
}
