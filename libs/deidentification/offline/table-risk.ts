import { ClassTable, DeidentificationError, measureRisk, sensitiveValues, type RiskMeasure } from '../domain';
import { columnsOf } from './table-columns';

export interface TableRiskInput {
  /** CSV with a header, UTF-8. */
  readonly table: string;
  readonly delimiter: string;
  readonly quasiIdentifiers: readonly string[];
  readonly sensitive?: string | undefined;
  /** Number of people of whom the table is a sample. */
  readonly population?: number | undefined;
  /** CSV with the same quasi-identifiers of everybody in the population frame. */
  readonly populationTable?: string | undefined;
}

/**
 * Measures the risk of a CSV file as it is. Records are read one at a time; memory grows with the classes. Sensitive
 * values that are all numbers are ordered by size. Throws what {@link columnsOf} and {@link measureRisk} refuse.
 */
export async function tableRisk(input: TableRiskInput): Promise<RiskMeasure> {
  const { quasiIdentifiers, sensitive, delimiter } = input;
  const named = sensitive === undefined ? quasiIdentifiers : [...quasiIdentifiers, sensitive];
  const twice = named.find((column, index) => named.indexOf(column) !== index);
  if (twice !== undefined)
    throw new DeidentificationError('TABLE_COLUMN_TWICE', `column ${twice} is named twice; name it once`);
  const table = new ClassTable();
  for await (const values of columnsOf(input.table, delimiter, named)) {
    if (sensitive === undefined) table.add(values);
    else table.add(values.slice(0, -1), values.at(-1));
  }
  if (table.records === 0)
    throw new DeidentificationError('TABLE_EMPTY', `${input.table} has no record below its header`);
  return measureRisk(table, {
    population: input.population,
    populationTable: await populationOf(input),
    sensitive: sensitive === undefined ? undefined : orderOf(table),
  });
}

async function populationOf(input: TableRiskInput): Promise<ClassTable | undefined> {
  if (input.populationTable === undefined) return undefined;
  const people = new ClassTable();
  for await (const values of columnsOf(input.populationTable, input.delimiter, input.quasiIdentifiers))
    people.add(values);
  return people;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function orderOf(table: ClassTable): { readonly order?: readonly string[] } {
  const values = new Set<string>();
  for (const found of table.classes()) for (const [value] of sensitiveValues(found)) values.add(value);
  const all = [...values];
  return all.every((value) => NUMBER.test(value)) ? { order: all.sort((a, b) => Number(a) - Number(b)) } : {};
}
