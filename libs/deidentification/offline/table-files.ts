import { DeidentificationError, TableEncoder, type EncodedTable, type Hierarchy } from '../domain';
import { builtInHierarchy, hierarchyFromFolder, needsValues, type BuiltInHierarchies } from './hierarchy-files';
import { columnsOf } from './table-columns';

/** Values of a column that are looked at to build its hierarchy. */
const VALUES_MAX = 1_000_000;

export interface TableFiles {
  /** CSV with a header. */
  readonly table: string;
  readonly delimiter: string;
  /** Folder of `*_hierarchy_<column>.csv`. */
  readonly hierarchies?: string;
  /** By column; they go before files. */
  readonly builtIn?: BuiltInHierarchies;
  readonly quasiIdentifiers: readonly string[];
  readonly sensitive?: string;
  /** Only for models that measure distances along it. */
  readonly withSensitiveHierarchy?: boolean;
  readonly populationTable?: string;
}

export interface ReadTable {
  readonly encoded: EncodedTable;
  readonly sensitiveHierarchy?: Hierarchy;
}

/**
 * Reads a table and its hierarchies. Records are read one at a time; distinct combinations stay in memory. Throws
 * TABLE_COLUMN_UNKNOWN, TABLE_COLUMN_TWICE, TABLE_ROW_UNEVEN and what files, hierarchies and the encoder refuse.
 */
export async function readTable(files: TableFiles): Promise<ReadTable> {
  const { quasiIdentifiers, sensitive, delimiter, populationTable } = files;
  const named = sensitive === undefined ? quasiIdentifiers : [...quasiIdentifiers, sensitive];
  const twice = named.find((column, index) => named.indexOf(column) !== index);
  if (twice !== undefined)
    throw new DeidentificationError('TABLE_COLUMN_TWICE', `column ${twice} is named twice; name it once`);
  const hierarchies = await readHierarchies(files);
  const encoder = new TableEncoder(hierarchies);
  for await (const record of columnsOf(files.table, delimiter, named))
    if (sensitive === undefined) encoder.add(record);
    else encoder.add(record, record[quasiIdentifiers.length]!);
  if (populationTable !== undefined)
    for await (const record of columnsOf(populationTable, delimiter, quasiIdentifiers)) encoder.addPopulation(record);
  const encoded = encoder.finish();
  if (sensitive === undefined || !files.withSensitiveHierarchy) return { encoded };
  const values = new Set(encoded.sensitiveValues);
  return { encoded, sensitiveHierarchy: await hierarchyOfColumn(files, sensitive, values) };
}

async function readHierarchies(files: TableFiles): Promise<Hierarchy[]> {
  const values = new Map<string, Set<string>>();
  for (const column of files.quasiIdentifiers) {
    const builtIn = files.builtIn?.get(column);
    if (builtIn !== undefined && needsValues(builtIn)) values.set(column, new Set());
  }
  if (values.size > 0)
    for (const file of [files.table, ...(files.populationTable === undefined ? [] : [files.populationTable])])
      await collectValues(file, files.delimiter, values);
  const hierarchies: Hierarchy[] = [];
  for (const column of files.quasiIdentifiers)
    hierarchies.push(await hierarchyOfColumn(files, column, values.get(column) ?? new Set()));
  return hierarchies;
}

async function collectValues(file: string, delimiter: string, values: ReadonlyMap<string, Set<string>>): Promise<void> {
  const columns = [...values.keys()];
  for await (const record of columnsOf(file, delimiter, columns))
    record.forEach((value, index) => {
      const seen = values.get(columns[index]!)!.add(value);
      if (seen.size > VALUES_MAX)
        throw new DeidentificationError(
          'HIERARCHY_TOO_LARGE',
          `column ${columns[index]} has more than ${VALUES_MAX} different values; coarsen it before`,
        );
    });
}

async function hierarchyOfColumn(files: TableFiles, column: string, values: ReadonlySet<string>): Promise<Hierarchy> {
  const builtIn = files.builtIn?.get(column);
  if (builtIn !== undefined) return builtInHierarchy(column, builtIn, { values, delimiter: files.delimiter });
  if (files.hierarchies === undefined)
    throw new DeidentificationError(
      'HIERARCHY_FILE_MISSING',
      `column ${column} has no hierarchy; name a folder of files or a built-in one`,
    );
  return hierarchyFromFolder(files.hierarchies, column, files.delimiter);
}
