import type { Storage } from '@aceso/deidentification/domain';
import type { PackageTable, TableColumn } from '../package-table';
import { oneLine, type DescribedPackage } from './described-package';

const SQL_TYPES: Readonly<Record<Storage, string>> = {
  boolean: 'BOOLEAN',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  date: 'DATE',
  text: 'VARCHAR',
};

/** What every starter asks after it has run `schema.sql`; a row is right where both pairs of numbers are equal. */
export const COUNTS_SQL = 'select * from package_counts order by table_name';

/**
 * The text of `schema.sql`: a view of each table with types and comments, and `package_counts`, which counts rows and
 * persons and puts beside them what was counted when the package was made. Runs in DuckDB, in the folder of the package.
 */
export function schemaSql({ manifest, tables }: DescribedPackage): string {
  return `${[
    `-- DuckDB views over the tables of order ${manifest.order}. Run it in the folder of the package:`,
    '--   duckdb -init schema.sql',
    ...tables.flatMap(viewOf),
    ...(tables.length === 0 ? [] : ['', countsView(tables)]),
  ].join('\n')}\n`;
}

/** A first question about the persons of the package; null where it has none of the tables that it needs. */
export function exampleSql(tables: readonly PackageTable[]): string | null {
  const has = (name: string, column: string): boolean =>
    tables.some((table) => table.name === name && table.columns.some((one) => one.name === column));
  if (!has('condition', 'condition_code') || !has('condition', 'person_id')) return null;
  return (
    'select condition_code, any_value(condition_display) as condition_display, count(distinct person_id) as persons\n' +
    'from "condition" where condition_code is not null\n' +
    'group by condition_code order by persons desc, condition_code limit 10'
  );
}

function viewOf({ name, title, file, columns }: PackageTable): string[] {
  const view = identifier(name);
  return [
    '',
    `create or replace view ${view} as`,
    'select',
    columns
      .map((column) => `  ${identifier(column.name)}::${sqlType(column)} as ${identifier(column.name)}`)
      .join(',\n'),
    `from read_parquet(${text(file)});`,
    `comment on view ${view} is ${text(title)};`,
    ...columns.map((column) => `comment on column ${view}.${identifier(column.name)} is ${text(commentOf(column))};`),
  ];
}

const sqlType = ({ storage, list }: TableColumn): string => `${SQL_TYPES[storage]}${list ? '[]' : ''}`;

function commentOf({ meaning, unit, codeSystems, rule }: TableColumn): string {
  const parts = [meaning, ...(unit === null ? [] : [`in ${unit}`]), ...codeSystems, rule];
  return parts.map(oneLine).join('; ');
}

function countsView(tables: readonly PackageTable[]): string {
  const counts = tables.map(
    ({ name, rows, persons, personColumn }) =>
      `select ${text(name)} as table_name, count(*) as "rows", ${rows} as rows_released, ` +
      `count(distinct ${identifier(personColumn)}) as persons, ${persons} as persons_released from ${identifier(name)}`,
  );
  return `create or replace view package_counts as\n${counts.join('\nunion all\n')};`;
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
