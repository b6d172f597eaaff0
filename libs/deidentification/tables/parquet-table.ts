import { rmSync } from 'node:fs';
import { DuckDBDataChunk, DuckDBInstance, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import type { Cells } from '../domain';
import { CHUNK_ROWS, chunkColumn, duckDbType, type ChunkColumn } from './chunk-column';
import type { TablePlace, TableWriter } from './table-writer';

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

/** Parquet (zstd) through DuckDB: rows are appended to a table of its own, which goes to disk as it grows, and copied. */
export class ParquetTable implements TableWriter {
  private readonly chunk: DuckDBDataChunk;
  private readonly columns: readonly ChunkColumn[];
  private rows = 0;
  private open = true;

  private constructor(
    private readonly path: string,
    columns: TablePlace['columns'],
    private readonly database: { instance: DuckDBInstance; connection: DuckDBConnection; appender: DuckDBAppender },
  ) {
    this.chunk = DuckDBDataChunk.create(columns.map(duckDbType));
    this.columns = columns.map((column, at) => chunkColumn(this.chunk, at, column));
  }

  static async open({ path, columns }: TablePlace): Promise<ParquetTable> {
    const instance = await DuckDBInstance.create(':memory:', { ...SETTINGS, temp_directory: spillFolder(path) });
    const connection = await instance.connect();
    const definitions = columns.map((column) => `"${column.name}" ${duckDbType(column).toString()}`);
    await connection.run(`create table cells (${definitions.join(', ')})`);
    const appender = await connection.createAppender('cells');
    return new ParquetTable(path, columns, { instance, connection, appender });
  }

  add(cells: Cells): void {
    for (let at = 0; at < cells.length; at += 1) {
      const value = cells[at];
      if (value === null) this.columns[at]!.setNull(this.rows);
      else this.columns[at]!.set(this.rows, value);
    }
    this.rows += 1;
    if (this.rows === CHUNK_ROWS) this.flush();
  }

  async finish(): Promise<void> {
    this.flush();
    this.database.appender.closeSync();
    const target = this.path.replaceAll("'", "''");
    const rows = Math.min(ROW_GROUP_ROWS_MAX, Math.ceil(ROW_GROUP_CELLS_MAX / this.columns.length));
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
    this.chunk.rowCount = this.rows;
    for (const column of this.columns) column.flush(this.rows);
    this.database.appender.appendDataChunk(this.chunk);
    this.chunk.reset();
    this.rows = 0;
  }
}

const spillFolder = (path: string): string => `${path}.spill`;
