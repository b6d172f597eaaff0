import { DeidentificationError, type Cells, type Column } from '../domain';
import { CsvTable } from './csv-table';
import { NdjsonTable } from './ndjson-table';
import { ParquetTable } from './parquet-table';

/** Takes the rows of one table, in memory that does not grow with them. */
export interface TableWriter {
  /** The cells are copied. */
  add(cells: Cells): void;
  /** Brings the file to disk; nothing can be added then. */
  finish(): Promise<void>;
  /** Lets go of everything; also after {@link finish}. */
  discard(): void;
}

export interface TablePlace {
  readonly columns: readonly Pick<Column, 'name' | 'storage' | 'collection'>[];
  /** The file that is written; there is none of that name. */
  readonly path: string;
}

export const TABLE_FORMATS = ['parquet', 'csv', 'ndjson'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

/** The format of a name. Throws TABLE_FORMAT_UNKNOWN with the names there are. */
export function tableFormat(name: string): TableFormat {
  const format = TABLE_FORMATS.find((candidate) => candidate === name);
  if (format === undefined)
    throw new DeidentificationError('TABLE_FORMAT_UNKNOWN', `no such format; there are: ${TABLE_FORMATS.join(', ')}`);
  return format;
}

/** Opens a table for writing. The same rows give the same bytes. */
export async function openTable(format: TableFormat, place: TablePlace): Promise<TableWriter> {
  if (format === 'parquet') return ParquetTable.open(place);
  return format === 'csv' ? new CsvTable(place) : new NdjsonTable(place);
}
