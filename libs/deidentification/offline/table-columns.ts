import { DeidentificationError } from '../domain';
import { csvRecords } from './csv-file';

/**
 * The named columns of each record of a CSV file with a header, in the order of the names. Throws TABLE_COLUMN_UNKNOWN,
 * TABLE_COLUMN_TWICE, TABLE_ROW_UNEVEN and what {@link csvRecords} refuses; no message holds a cell's value.
 */
export async function* columnsOf(file: string, delimiter: string, names: readonly string[]): AsyncGenerator<string[]> {
  let header: string[] | undefined;
  let places: number[] = [];
  let record = 0;
  for await (const fields of csvRecords(file, delimiter)) {
    if (!header) {
      header = fields;
      places = names.map((name) => placeOf(name, fields, file));
      continue;
    }
    record += 1;
    if (fields.length !== header.length)
      throw new DeidentificationError(
        'TABLE_ROW_UNEVEN',
        `record ${record} of ${file} has ${fields.length} columns, the header ${header.length}; check the delimiter`,
      );
    yield places.map((place) => fields[place]!);
  }
}

function placeOf(name: string, header: readonly string[], file: string): number {
  const place = header.indexOf(name);
  if (place < 0)
    throw new DeidentificationError(
      'TABLE_COLUMN_UNKNOWN',
      `${file} has no column ${name}; check header and delimiter`,
    );
  if (header.lastIndexOf(name) !== place)
    throw new DeidentificationError('TABLE_COLUMN_TWICE', `${file} has column ${name} twice; rename one`);
  return place;
}
