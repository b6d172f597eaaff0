import { rmSync } from 'node:fs';
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBInstance,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { Cells, Storage } from '../domain';
import type { TablePlace, TableWriter } from './table-writer';

/** Rows of a data chunk: DuckDB's vectors have no more. */
const CHUNK_ROWS = 2_048;
const DAY_MS = 86_400_000;

/**
 * One thread, so that the same rows give the same bytes. What does not fit into memory goes to the file of the database,
 * which is deleted with the table. Nothing is loaded from elsewhere.
 */
const SETTINGS = {
  threads: '1',
  memory_limit: '192MB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
};

const TYPES: { readonly [storage in Storage]: DuckDBType } = {
  boolean: BOOLEAN,
  integer: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  date: DATE,
  text: VARCHAR,
};

const VALUES: { readonly [storage in Storage]: (value: unknown) => DuckDBValue } = {
  boolean: (value) => value as boolean,
  integer: (value) => value as number,
  bigint: (value) => BigInt(value as number),
  double: (value) => value as number,
  date: (value) => new DuckDBDateValue(Date.parse(value as string) / DAY_MS),
  text: (value) => (typeof value === 'string' ? value : String(value)),
};

/** Parquet (zstd) through DuckDB: rows are appended to a table on disk and copied from there. */
export class ParquetTable implements TableWriter {
  private readonly chunk: DuckDBDataChunk;
  private readonly values: readonly ((value: unknown) => DuckDBValue)[];
  private readonly cells: DuckDBValue[][];
  private rows = 0;
  private open = true;

  private constructor(
    private readonly path: string,
    columns: TablePlace['columns'],
    private readonly database: { instance: DuckDBInstance; connection: DuckDBConnection; appender: DuckDBAppender },
  ) {
    this.chunk = DuckDBDataChunk.create(columns.map(typeOf));
    this.values = columns.map(valueOf);
    this.cells = columns.map(() => []);
  }

  static async open({ path, columns }: TablePlace): Promise<ParquetTable> {
    const instance = await DuckDBInstance.create(databasePath(path), SETTINGS);
    const connection = await instance.connect();
    const definitions = columns.map((column) => `"${column.name}" ${typeOf(column).toString()}`);
    await connection.run(`create table cells (${definitions.join(', ')})`);
    const appender = await connection.createAppender('cells');
    return new ParquetTable(path, columns, { instance, connection, appender });
  }

  add(cells: Cells): void {
    for (let at = 0; at < cells.length; at += 1) {
      const value = cells[at];
      this.cells[at]!.push(value === null ? null : this.values[at]!(value));
    }
    this.rows += 1;
    if (this.rows === CHUNK_ROWS) this.flush();
  }

  async finish(): Promise<void> {
    this.flush();
    this.database.appender.closeSync();
    const target = this.path.replaceAll("'", "''");
    await this.database.connection.run(`copy cells to '${target}' (format parquet, compression zstd)`);
    this.discard();
  }

  discard(): void {
    if (!this.open) return;
    this.open = false;
    this.database.connection.closeSync();
    this.database.instance.closeSync();
    for (const end of ['', '.wal', '.tmp'])
      rmSync(`${databasePath(this.path)}${end}`, { recursive: true, force: true });
  }

  private flush(): void {
    if (this.rows === 0) return;
    this.chunk.reset();
    this.chunk.setColumns(this.cells);
    this.database.appender.appendDataChunk(this.chunk);
    for (const column of this.cells) column.length = 0;
    this.rows = 0;
  }
}

const databasePath = (path: string): string => `${path}.duckdb`;

function typeOf({ storage, collection }: TablePlace['columns'][number]): DuckDBType {
  return collection ? LIST(TYPES[storage]) : TYPES[storage];
}

function valueOf({ storage, collection }: TablePlace['columns'][number]): (value: unknown) => DuckDBValue {
  const one = VALUES[storage];
  return collection ? (list) => listValue((list as readonly unknown[]).map(one)) : one;
}
