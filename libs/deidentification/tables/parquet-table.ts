import { rmSync } from 'node:fs';
import { DuckDBDataChunk, DuckDBInstance, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import { DeidentificationError, type Cells } from '../domain';
import { CHUNK_ROWS, chunkColumn, duckDbType, type ChunkColumn } from './chunk-column';
import type { TablePlace, TableWriter } from './table-writer';

/** What a row group has, which is held in memory while it is written: wide tables and long texts get fewer rows. */
const ROW_GROUP_CELLS_MAX = 100_000;
const ROW_GROUP_TEXT_MAX = 4_000_000;

/** Chunks after which rows leave the appender, which alone would hold a hundred of them, for the table, which goes to disk. */
const APPENDED_CHUNKS_MAX = 4;
/** Characters of texts after which a chunk that is not full is appended, and goes to the table at once. */
const CHUNK_TEXT_MAX = 1_000_000;

/** What DuckDB may hold of a table. Each column has blocks of 256 KB, being filled and being read, that cannot go to disk. */
const MEMORY_BYTES_MIN = 10_000_000;
const MEMORY_BYTES_OF_COLUMN = 2_000_000;
/** Copying reads a chunk of rows with its texts at once, and holds them so often. */
const COPIES_OF_CHUNK = 4;
const COPY_BYTES_MAX = 512_000_000;

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
  /** Characters of texts in the chunk. */
  private text = 0;
  /** Rows of all chunks, and texts in so many of them as DuckDB reads at once: of those being added, and the most. */
  private rowsAll = 0;
  private textAtOnce = 0;
  private textAtOnceMax = 0;
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
    const own = { memory_limit: memoryOf(columns.length, 0), temp_directory: spillFolder(path) };
    const instance = await DuckDBInstance.create(':memory:', { ...SETTINGS, ...own });
    const connection = await instance.connect();
    const definitions = columns.map((column) => `"${column.name}" ${duckDbType(column).toString()}`);
    await connection.run(`create table cells (${definitions.join(', ')})`);
    const appender = await connection.createAppender('cells');
    return new ParquetTable(path, columns, { instance, connection, appender });
  }

  add(cells: Cells): void {
    let length = 0;
    for (let at = 0; at < cells.length; at += 1) {
      const value = cells[at];
      if (value === null) this.columns[at]!.setNull(this.rows);
      else {
        this.columns[at]!.set(this.rows, value);
        length += lengthOf(value);
      }
    }
    this.count(length);
    if (this.rows === CHUNK_ROWS || this.text >= CHUNK_TEXT_MAX) this.flush();
  }

  /** Throws TABLE_TOO_LARGE where a row group of such long texts does not fit into the memory of a table. */
  async finish(): Promise<void> {
    this.flush();
    this.withinMemory(() => this.database.appender.closeSync());
    const target = this.path.replaceAll("'", "''");
    const layout = `format parquet, compression zstd, compression_level ${COMPRESSION_LEVEL}, row_group_size ${this.groupRows()}`;
    const copied = Math.min(COPY_BYTES_MAX, COPIES_OF_CHUNK * this.textAtOnceMax);
    await this.database.connection.run(`set memory_limit = '${memoryOf(this.columns.length, copied)}'`);
    await this.database.connection.run(`copy cells to '${target}' (${layout})`).catch(refuseMemory);
    this.discard();
  }

  private count(length: number): void {
    this.rows += 1;
    this.text += length;
    if (this.rowsAll % CHUNK_ROWS === 0) this.textAtOnce = 0;
    this.rowsAll += 1;
    this.textAtOnce += length;
    this.textAtOnceMax = Math.max(this.textAtOnceMax, this.textAtOnce);
  }

  private groupRows(): number {
    const byCells = ROW_GROUP_CELLS_MAX / this.columns.length;
    const byText = (ROW_GROUP_TEXT_MAX * CHUNK_ROWS) / Math.max(1, this.textAtOnceMax);
    return Math.ceil(Math.min(byCells, byText));
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
      if (this.chunks % APPENDED_CHUNKS_MAX === 0 || this.text >= CHUNK_TEXT_MAX) this.database.appender.flushSync();
    });
    this.chunk.reset();
    this.rows = 0;
    this.text = 0;
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

/** What a table may hold, in the words of DuckDB's setting. */
function memoryOf(columns: number, moreBytes: number): string {
  return `${Math.ceil((MEMORY_BYTES_MIN + columns * MEMORY_BYTES_OF_COLUMN + moreBytes) / 1_000)}KB`;
}

/** Characters of a text, or of those of a list. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return Array.isArray(value) ? value.reduce((sum: number, one) => sum + lengthOf(one), 0) : 0;
}

const spillFolder = (path: string): string => `${path}.spill`;
