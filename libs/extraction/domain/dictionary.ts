import type { FieldUse } from './field-census';
import { fieldMeaning } from './field-meaning';

export const DICTIONARY_FORMAT = 'aceso/dictionary/v1';

/** What the dictionary says of one data file: which elements its rows have. */
export interface DictionarySource {
  readonly name: string;
  readonly resourceType: string;
  readonly rows: number;
  readonly fields: readonly FieldUse[];
}

/** Names the de-identification rule of an element, in words of the policy. */
export type RuleOf = (resourceType: string, path: string) => string;

interface DictionaryField {
  readonly path: string;
  readonly meaning: string;
  readonly type: string;
  readonly unit: string | null;
  readonly rule: string;
  /** Share of rows without the element, percent with one decimal. */
  readonly missingPercent: number;
}

/** The text of `dictionary.json`: every element of every file, with meaning, type, unit, rule and share missing. */
export function dictionaryText(sources: readonly DictionarySource[], ruleOf: RuleOf): string {
  const files = [...sources]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((source) => ({
      name: source.name,
      rows: source.rows,
      fields: source.fields.map((field) => dictionaryField(source, field, ruleOf)),
    }));
  return `${JSON.stringify({ format: DICTIONARY_FORMAT, files }, null, 2)}\n`;
}

function dictionaryField(source: DictionarySource, field: FieldUse, ruleOf: RuleOf): DictionaryField {
  return {
    path: field.path,
    ...fieldMeaning(source.resourceType, field.path),
    type: field.types.join(' or '),
    rule: ruleOf(source.resourceType, field.path),
    missingPercent: source.rows === 0 ? 0 : Math.round(1000 * (1 - field.rows / source.rows)) / 10,
  };
}
