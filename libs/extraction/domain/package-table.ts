import { assert } from '@aceso/kernel';
import {
  columnElements,
  columnsOf,
  SHIPPED_VIEWS,
  viewKeys,
  type Column,
  type Policy,
  type Storage,
  type ViewDefinition,
} from '@aceso/deidentification/domain';
import { codeSystemsOf, missingPercent, unitsOf, type DictionarySource, type RuleOf } from './dictionary-field';

/** A data file while it was read for the last time: what the dictionary says of it, and what counts are compared with. */
export interface FileCensus extends DictionarySource {
  readonly persons: number;
  /** Persons with a row in a released year, the earliest first. */
  readonly years: readonly (readonly [year: string, persons: number])[];
}

/** A column of a table, as every description of the package tells it. */
export interface TableColumn {
  readonly name: string;
  /** How it is stored. */
  readonly storage: Storage;
  /** True: a cell holds a list of such values. */
  readonly list: boolean;
  readonly fhirType: string;
  readonly meaning: string;
  readonly unit: string | null;
  readonly codeSystems: readonly string[];
  readonly rule: string;
  /** Share of rows without a value, percent with one decimal. */
  readonly missingPercent: number;
  /** The table in which its value is an `id`. */
  readonly refersTo: string | null;
}

/** A table of the package and the view that it was made by. */
export interface PackageTable {
  readonly name: string;
  readonly title: string;
  /** Name in the package. */
  readonly file: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly resource: string;
  readonly rows: number;
  /** Persons in the data file that the rows come from; of an own view, those who have a row. */
  readonly persons: number;
  /** The column that holds the person's pseudonym. */
  readonly personColumn: string;
  /** The column that names a row, where each resource gives one; else null. */
  readonly key: string | null;
  readonly columns: readonly TableColumn[];
}

/** What was written of a table. */
export interface WrittenTable {
  readonly view: ViewDefinition;
  readonly title: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
  /** Persons with a row. */
  readonly persons: number;
  /** Rows in which each column holds something, in the order of the columns. */
  readonly filled: readonly number[];
}

/** The shipped tables that name each resource of a type once, by type: what a key of the type refers to. */
const TABLE_OF: ReadonlyMap<string, string> = new Map(
  SHIPPED_VIEWS.filter(({ select }) => select.length === 1).map(({ resource, name }) => [resource, name]),
);

/** A table that an own view asks for and that the package does not hold, with why. */
export interface LeftOutTable {
  readonly name: string;
  readonly code: string;
  /** Names places in the view and in the data files of the package, never a value. */
  readonly message: string;
}

const COMPUTED = 'computed from elements that leave';
const DATES: Readonly<Record<Policy['dates']['kind'], string>> = { shift: 'date', year: 'year' };

/** What is said of a column before a row of its table is known. */
export type ColumnSaying = Pick<TableColumn, 'name' | 'storage' | 'list' | 'fhirType' | 'meaning' | 'rule'> & {
  /** What a date tells; null of everything else. */
  readonly dateUnit: string | null;
  /** The resource type that its key names. */
  readonly refersTo: string | undefined;
};

interface Saying {
  readonly policy: Policy;
  readonly ruleOf: RuleOf;
}

/** Says of each column of a view what no row has to tell. */
export function columnSayings(view: ViewDefinition, { policy, ruleOf }: Saying): (column: Column) => ColumnSaying {
  const elements = columnElements(view);
  const { references } = viewKeys(view);
  return ({ name, storage, collection, type, description }) => {
    const element = elements.get(name);
    return {
      ...{ name, storage, list: collection, fhirType: type ?? 'string', meaning: description ?? name },
      rule: element === undefined ? COMPUTED : ruleOf(view.resource, element),
      dateUnit: type === 'dateTime' || type === 'date' ? DATES[policy.dates.kind] : null,
      refersTo: references.get(name),
    };
  };
}

/** The shipped table that has one row a resource of this type. */
export const shippedTableOf = (resource: string | undefined): string | undefined => TABLE_OF.get(resource ?? '');

/** Describes a table. `present` are the names of all tables of the package. */
export function describeTable(
  written: WrittenTable,
  source: Pick<FileCensus, 'fields'>,
  { present, ...saying }: Saying & { readonly present: ReadonlySet<string> },
): PackageTable {
  const { view, filled, ...file } = written;
  const elements = columnElements(view);
  const keys = viewKeys(view);
  assert(keys.person, 'every table of a package says whose rows it holds');
  const said = columnSayings(view, saying);
  const columns = view.select.flatMap(columnsOf).map((column, at): TableColumn => {
    const { name, storage, list, fhirType, meaning, rule, dateUnit, refersTo } = said(column);
    const element = elements.get(name);
    const target = shippedTableOf(refersTo);
    return {
      ...{ name, storage, list, fhirType, meaning },
      unit: dateUnit ?? unitsOf(source, element),
      codeSystems: codeSystemsOf(source, element),
      rule,
      missingPercent: missingPercent(file.rows, filled[at] ?? 0),
      refersTo: target !== undefined && present.has(target) ? target : null,
    };
  });
  return {
    ...file,
    name: view.name,
    resource: view.resource,
    personColumn: keys.person,
    key: isRowAResource(view) ? (keys.row ?? null) : null,
    columns,
  };
}

/** Whether each resource gives one row. */
export function isRowAResource({ select }: ViewDefinition): boolean {
  return select.every(({ iteration, unionAll, select: inner }) => !iteration && unionAll.length + inner.length === 0);
}
