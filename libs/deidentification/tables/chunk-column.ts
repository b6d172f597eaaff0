import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBDateValue,
  INTEGER,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import bindings, { type Vector } from '@duckdb/node-bindings';
import type { Column, Storage } from '../domain';

/** Rows of a data chunk: DuckDB's vectors have no more. */
export const CHUNK_ROWS = 2_048;

/** Takes the cells of one column of a data chunk and puts them where DuckDB reads them. */
export interface ChunkColumn {
  /** A cell that is not null. Each row is set once. */
  set(row: number, value: unknown): void;
  setNull(row: number): void;
  /** Before the chunk, which has this many rows, is appended; then come the cells of the next one. */
  flush(rows: number): void;
}

type ColumnKind = Pick<Column, 'storage' | 'collection'>;

const DAY_MS = 86_400_000;
const dayOf = (value: unknown): number => Date.parse(value as string) / DAY_MS;
const textOf = (value: unknown): string => (typeof value === 'string' ? value : String(value));

const TYPES: { readonly [storage in Storage]: DuckDBType } = {
  boolean: BOOLEAN,
  integer: INTEGER,
  bigint: BIGINT,
  double: DOUBLE,
  date: DATE,
  text: VARCHAR,
};

/** Values of lists. */
const VALUES: { readonly [storage in Storage]: (value: unknown) => DuckDBValue } = {
  boolean: (value) => value as boolean,
  integer: (value) => value as number,
  bigint: (value) => BigInt(value as number),
  double: (value) => value as number,
  date: (value) => new DuckDBDateValue(dayOf(value)),
  text: textOf,
};

/** How DuckDB lays a vector of values of one size out in memory. */
const FIXED: { readonly [storage in Exclude<Storage, 'text'>]: () => FixedValues } = {
  boolean: () => fixed(new Uint8Array(CHUNK_ROWS), (items, row, value) => (items[row] = value === true ? 1 : 0)),
  integer: () => fixed(new Int32Array(CHUNK_ROWS), (items, row, value) => (items[row] = value as number)),
  bigint: () => fixed(new BigInt64Array(CHUNK_ROWS), (items, row, value) => (items[row] = BigInt(value as number))),
  double: () => fixed(new Float64Array(CHUNK_ROWS), (items, row, value) => (items[row] = value as number)),
  date: () => fixed(new Int32Array(CHUNK_ROWS), (items, row, value) => (items[row] = dayOf(value))),
};

export function duckDbType({ storage, collection }: ColumnKind): DuckDBType {
  return collection ? LIST(TYPES[storage]) : TYPES[storage];
}

/**
 * The column of a chunk at a place. Texts and numbers go to DuckDB's memory as they come; the classes of its client, which
 * keep the cells of a chunk and a big integer for each that may be null, take lists only: they cost as much as all else
 * that is done to write a cell.
 */
export function chunkColumn(chunk: DuckDBDataChunk, at: number, { storage, collection }: ColumnKind): ChunkColumn {
  if (collection) return new ListColumn(chunk, at, VALUES[storage]);
  const vector = bindings.data_chunk_get_vector(chunk.chunk, at);
  return storage === 'text' ? new TextColumn(vector) : new FixedColumn(vector, FIXED[storage]());
}

/** A bit a row; bits of rows that hold something are set. */
class ValidRows {
  private readonly bits = new Uint8Array(CHUNK_ROWS / 8).fill(0xff);
  private whole = true;

  clear(row: number): void {
    this.whole = false;
    this.bits[row >> 3]! &= ~(1 << (row & 7));
  }

  /** Where all rows hold something DuckDB needs no bits. */
  flush(vector: Vector): void {
    if (this.whole) return;
    bindings.vector_ensure_validity_writable(vector);
    bindings.copy_data_to_vector_validity(vector, 0, this.bits.buffer, 0, this.bits.length);
    this.bits.fill(0xff);
    this.whole = true;
  }
}

class TextColumn implements ChunkColumn {
  private readonly valid = new ValidRows();

  constructor(private readonly vector: Vector) {}

  set(row: number, value: unknown): void {
    bindings.vector_assign_string_element(this.vector, row, textOf(value));
  }

  setNull(row: number): void {
    this.valid.clear(row);
  }

  flush(): void {
    this.valid.flush(this.vector);
  }
}

interface FixedValues {
  readonly buffer: ArrayBuffer;
  readonly bytesEach: number;
  put(row: number, value: unknown): void;
}

function fixed<Items extends { readonly buffer: ArrayBufferLike; readonly BYTES_PER_ELEMENT: number }>(
  items: Items,
  put: (items: Items, row: number, value: unknown) => void,
): FixedValues {
  return {
    buffer: items.buffer as ArrayBuffer,
    bytesEach: items.BYTES_PER_ELEMENT,
    put: (row, value) => put(items, row, value),
  };
}

class FixedColumn implements ChunkColumn {
  private readonly valid = new ValidRows();

  constructor(
    private readonly vector: Vector,
    private readonly values: FixedValues,
  ) {}

  set(row: number, value: unknown): void {
    this.values.put(row, value);
  }

  setNull(row: number): void {
    this.valid.clear(row);
  }

  flush(rows: number): void {
    const { buffer, bytesEach } = this.values;
    bindings.copy_data_to_vector(this.vector, 0, buffer, 0, rows * bytesEach);
    this.valid.flush(this.vector);
  }
}

class ListColumn implements ChunkColumn {
  private readonly lists = new Array<DuckDBValue>(CHUNK_ROWS).fill(null);

  constructor(
    private readonly chunk: DuckDBDataChunk,
    private readonly at: number,
    private readonly valueOf: (value: unknown) => DuckDBValue,
  ) {}

  set(row: number, value: unknown): void {
    this.lists[row] = listValue((value as readonly unknown[]).map(this.valueOf));
  }

  setNull(row: number): void {
    this.lists[row] = null;
  }

  flush(rows: number): void {
    this.chunk.setColumnValues(this.at, this.lists.slice(0, rows));
    this.lists.fill(null);
  }
}
