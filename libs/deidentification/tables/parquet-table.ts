import { rmSync } from 'node:fs';
import { DuckDBDataChunk, DuckDBInstance, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import { DeidentificationError, type Cells } from '../domain';
import { CHUNK_ROWS, chunkColumn, duckDbType, type ChunkColumn } from './chunk-column';
import type { TablePlace, TableWriter } from './table-writer';

/** Cells of a row group, which is held in memory while it is written; wide tables get fewer rows. */
const ROW_GROUP_CELLS_MAX = 100_000;

/** Chunks after which rows leave the appender, which alone would hold a hundred of them, for the table, which goes to disk. */
const APPENDED_CHUNKS_MAX = 4;

/** What DuckDB may hold of a table. Each column has blocks of 256 KB, being filled and being read, that cannot go to disk. */
const MEMORY_BYTES_MIN = 16_000_000;
const MEMORY_BYTES_OF_COLUMN = 2_000_000;

/** Zstandard's fastest: of columns that are encoded already the higher ones make nothing smaller, at twice the time. */
const COMPRESSION_LEVEL = 1;

/**
 * One thread, so that the same rows give the same bytes. What does not fit into memory goes to a folder beside the file,
 * which is deleted with the table. Nothing is loaded from elsewhere.
 */
const SETTINGS = {
  threads: '1',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
};

/** Parquet (zstd) through DuckDB: rows are appended to a table of its own, which goes to disk as it grows, and copied. */
export class ParquetTable implements TableWriter {
  private readonly chunk: DuckDBDataChunk;
  private readonly columns: readonly ChunkColumn[];
  private rows = 0;
  private chunks = 0;
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
    const bytes = MEMORY_BYTES_MIN + columns.length * MEMORY_BYTES_OF_COLUMN;
    const own = { memory_limit: `${bytes / 1_000}KB`, temp_directory: spillFolder(path) };
    const instance = await DuckDBInstance.create(':memory:', { ...SETTINGS, ...own });
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

  /** Throws TABLE_TOO_LARGE where a row group of such long texts does not fit into the memory of a table. */
  async finish(): Promise<void> {
    this.flush();
    this.withinMemory(() => this.database.appender.closeSync());
    const target = this.path.replaceAll("'", "''");
    const rows = Math.ceil(ROW_GROUP_CELLS_MAX / this.columns.length);
    const layout = `format parquet, compression zstd, compression_level ${COMPRESSION_LEVEL}, row_group_size ${rows}`;
    await this.database.connection.run(`copy cells to '${target}' (${layout})`).catch(refuseMemory);
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
    this.chunks += 1;
    this.withinMemory(() => {
      this.database.appender.appendDataChunk(this.chunk);
      if (this.chunks % APPENDED_CHUNKS_MAX === 0) this.database.appender.flushSync();
    });
    this.chunk.reset();
    this.rows = 0;
  }

  private withinMemory(append: () => void): void {
    try {
      append();
    } catch (error) {
      refuseMemory(error);
    }
  }
}

/** DuckDB tells its errors apart by their text only; what it says of others may quote a cell, so only its memory is told. */
function refuseMemory(error: unknown): never {
  if (!/failed to (?:allocate|pin)|could not allocate|Out of Memory/i.test(String(error))) throw error;
  const change = 'write it as csv or ndjson, or leave out the columns of the longest texts';
  throw new DeidentificationError('TABLE_TOO_LARGE', `the texts of a table are too long for Parquet; ${change}`);
}

const spillFolder = (path: string): string => `${path}.spill`;
