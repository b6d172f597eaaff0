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

/** Cells of a row group, which is held in memory while it is written: tables of few columns get DuckDB's size, wide ones less. */
const ROW_GROUP_CELLS_MAX = 500_000;
const ROW_GROUP_ROWS_MAX = 122_880;

/** Zstandard's fastest: of columns that are encoded already the higher ones make nothing smaller, at twice the time. */
const COMPRESSION_LEVEL = 1;

/**
 * One thread, so that the same rows give the same bytes. What does not fit into memory goes to a folder beside the file,
 * which is deleted with the table. Nothing is loaded from elsewhere.
 */
const SETTINGS = {
  threads: '1',
  memory_limit: '64MB',
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

/** Parquet (zstd) through DuckDB: rows are appended to a table of its own, which goes to disk as it grows, and copied. */
export class ParquetTable implements TableWriter {
  private readonly chunk: DuckDBDataChunk;
  private readonly values: readonly ((value: unknown) => DuckDBValue)[];
  /** By column; the arrays keep their length. */
  private readonly cells: unknown[][];
  private rows = 0;
  private open = true;

  private constructor(
    private readonly path: string,
    columns: TablePlace['columns'],
    private readonly database: { instance: DuckDBInstance; connection: DuckDBConnection; appender: DuckDBAppender },
  ) {
    this.chunk = DuckDBDataChunk.create(columns.map(typeOf));
    this.values = columns.map(valueOf);
    this.cells = columns.map(() => new Array<unknown>(CHUNK_ROWS).fill(null));
  }

  static async open({ path, columns }: TablePlace): Promise<ParquetTable> {
    const instance = await DuckDBInstance.create(':memory:', { ...SETTINGS, temp_directory: spillFolder(path) });
    const connection = await instance.connect();
    const definitions = columns.map((column) => `"${column.name}" ${typeOf(column).toString()}`);
    await connection.run(`create table cells (${definitions.join(', ')})`);
    const appender = await connection.createAppender('cells');
    return new ParquetTable(path, columns, { instance, connection, appender });
  }

  add(cells: Cells): void {
    for (let at = 0; at < cells.length; at += 1) this.cells[at]![this.rows] = cells[at];
    this.rows += 1;
    if (this.rows === CHUNK_ROWS) this.flush();
  }

  async finish(): Promise<void> {
    this.flush();
    this.database.appender.closeSync();
    const target = this.path.replaceAll("'", "''");
    const rows = Math.min(ROW_GROUP_ROWS_MAX, Math.ceil(ROW_GROUP_CELLS_MAX / this.cells.length));
    const layout = `format parquet, compression zstd, compression_level ${COMPRESSION_LEVEL}, row_group_size ${rows}`;
    await this.database.connection.run(`copy cells to '${target}' (${layout})`);
    this.discard();
  }

  discard(): void {
    if (!this.open) return;
    this.open = false;
    this.database.connection.closeSync();
    this.database.instance.closeSync();
    rmSync(spillFolder(this.path), { recursive: true, force: true });
  }

  private flush(): void {
    if (this.rows === 0) return;
    this.chunk.reset();
    this.chunk.rowCount = this.rows;
    for (let at = 0; at < this.cells.length; at += 1) this.fill(at);
    this.database.appender.appendDataChunk(this.chunk);
    this.rows = 0;
  }

  /** Nulls come last: as long as a column has none, no bit is kept of its values, and each bit costs more than a value. */
  private fill(at: number): void {
    const [column, valueOf, vector] = [this.cells[at]!, this.values[at]!, this.chunk.getColumnVector(at)];
    let nulls = 0;
    for (let row = 0; row < this.rows; row += 1) {
      const value = column[row];
      if (value === null) nulls += 1;
      else vector.setItem(row, valueOf(value));
    }
    for (let row = 0; nulls > 0; row += 1) {
      if (column[row] !== null) continue;
      vector.setItem(row, null);
      nulls -= 1;
    }
    vector.flush();
  }
}

const spillFolder = (path: string): string => `${path}.spill`;

function typeOf({ storage, collection }: TablePlace['columns'][number]): DuckDBType {
  return collection ? LIST(TYPES[storage]) : TYPES[storage];
}

function valueOf({ storage, collection }: TablePlace['columns'][number]): (value: unknown) => DuckDBValue {
  const one = VALUES[storage];
  return collection ? (list) => listValue((list as readonly unknown[]).map(one)) : one;
}
