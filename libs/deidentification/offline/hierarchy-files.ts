import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ageHierarchy,
  codeParentHierarchy,
  codePrefixHierarchy,
  dateHierarchy,
  DeidentificationError,
  hierarchyOf,
  numberHierarchy,
  zipHierarchy,
  type Hierarchy,
} from '../domain';
import { csvRecords } from './csv-file';

/** Hierarchies that need no file: `age`, `date`, `zip`, `number:WIDTH[:LEVELS]`, `prefix:LENGTH,...`, `parents:FILE`. */
export type BuiltInHierarchies = ReadonlyMap<string, string>;

/** The hierarchy of a column from the one file `*_hierarchy_<column>.csv` of a folder: no header, the value first. */
export async function hierarchyFromFolder(folder: string, column: string, delimiter: string): Promise<Hierarchy> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const matching = names.filter((name) => name.endsWith(`_hierarchy_${column}.csv`));
  if (matching.length !== 1)
    throw new DeidentificationError(
      'HIERARCHY_FILE_MISSING',
      `there must be one file *_hierarchy_${column}.csv in ${folder}, and there are ${matching.length}`,
    );
  const rows: string[][] = [];
  for await (const row of csvRecords(join(folder, matching[0]!), delimiter)) rows.push(row);
  return hierarchyOf(column, rows);
}

/** True for a hierarchy that is made from the values of its column. */
export const needsValues = (kind: string) => kind !== 'age';

/** A built-in hierarchy by its description. Throws HIERARCHY_OPTION_INVALID and what the hierarchy itself refuses. */
export async function builtInHierarchy(
  column: string,
  description: string,
  { values, delimiter }: { readonly values: ReadonlySet<string>; readonly delimiter: string },
): Promise<Hierarchy> {
  const [kind, rest = ''] = splitOnce(description);
  switch (kind) {
    case 'age':
      return ageHierarchy(column);
    case 'date':
      return dateHierarchy(column, values);
    case 'zip':
      return zipHierarchy(column, values);
    case 'number': {
      const [width, levels] = rest.split(':').map(Number);
      return numberHierarchy(column, values, { width: width!, ...(levels === undefined ? {} : { levels }) });
    }
    case 'prefix':
      return codePrefixHierarchy(column, values, rest.split(',').map(Number));
    case 'parents':
      return codeParentHierarchy(column, values, await parentTable(column, rest, delimiter));
    default:
      throw new DeidentificationError(
        'HIERARCHY_OPTION_INVALID',
        `the built-in hierarchy of column ${column} is one of age, date, zip, number:WIDTH, prefix:LENGTHS, parents:FILE`,
      );
  }
}

async function parentTable(column: string, file: string, delimiter: string): Promise<ReadonlyMap<string, string>> {
  const parents = new Map<string, string>();
  for await (const row of csvRecords(file, delimiter)) {
    if (row.length !== 2 || parents.has(row[0]!))
      throw new DeidentificationError(
        'HIERARCHY_UNEVEN',
        `the parent table of column ${column} has one row a code: the code and its parent`,
      );
    parents.set(row[0]!, row[1]!);
  }
  return parents;
}

function splitOnce(description: string): [string, string?] {
  const at = description.indexOf(':');
  return at < 0 ? [description] : [description.slice(0, at), description.slice(at + 1)];
}
