import { codeSystemsOf, missingPercent, unitsOf, type DictionarySource, type RuleOf } from './dictionary-field';
import type { FieldUse } from './field-census';
import { fieldMeaning } from './field-meaning';
import type { LeftOutTable, PackageTable } from './package-table';

export const DICTIONARY_FORMAT = 'aceso/dictionary/v1';

interface DictionaryField {
  readonly path: string;
  readonly meaning: string;
  readonly type: string;
  /** Units that its values have, or what a date tells. */
  readonly unit: string | null;
  readonly codeSystems: readonly string[];
  readonly rule: string;
  /** Share of rows without the element, percent with one decimal. */
  readonly missingPercent: number;
}

/**
 * The text of `dictionary.json`: every element of every data file and every column of every table, with meaning, type,
 * unit, code systems, rule and share missing; and the tables of own views that could not be made, with why.
 */
export function dictionaryText(
  sources: readonly DictionarySource[],
  { tables, leftOut }: { readonly tables: readonly PackageTable[]; readonly leftOut: readonly LeftOutTable[] },
  ruleOf: RuleOf,
): string {
  const files = [...sources]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((source) => ({
      name: source.name,
      rows: source.rows,
      fields: source.fields.map((field) => dictionaryField(source, field, ruleOf)),
    }));
  const described = { format: DICTIONARY_FORMAT, files, tables: tables.map(dictionaryTable) };
  // Only of orders with own views there is anything to say.
  const all = leftOut.length === 0 ? described : { ...described, tablesLeftOut: leftOut };
  return `${JSON.stringify(all, null, 2)}\n`;
}

function dictionaryField(source: DictionarySource, field: FieldUse, ruleOf: RuleOf): DictionaryField {
  const { meaning, unit } = fieldMeaning(source.resourceType, field.path);
  return {
    path: field.path,
    meaning,
    type: field.types.join(' or '),
    unit: unitsOf(source, field.path) ?? unit,
    codeSystems: codeSystemsOf(source, field.path),
    rule: ruleOf(source.resourceType, field.path),
    missingPercent: missingPercent(source.rows, field.rows),
  };
}

function dictionaryTable({ name, file, title, resource, rows, columns }: PackageTable): object {
  return {
    name,
    file,
    meaning: title,
    madeFrom: resource,
    rows,
    columns: columns.map(({ refersTo, list, ...column }) => ({
      ...column,
      ...(list ? { list } : {}),
      ...(refersTo === null ? {} : { refersTo: `${refersTo}.id` }),
    })),
  };
}
