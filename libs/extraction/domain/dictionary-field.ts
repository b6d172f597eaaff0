import type { FieldUse } from './field-census';

/** What the dictionary says of one data file: which elements its rows have. */
export interface DictionarySource {
  readonly name: string;
  readonly resourceType: string;
  readonly rows: number;
  readonly fields: readonly FieldUse[];
}

/** Names the de-identification rule of an element, in words of the policy. */
export type RuleOf = (resourceType: string, path: string) => string;

interface Fields {
  readonly fields: readonly FieldUse[];
}

/** The code systems of a coded element: the values of the `system` beside its `code`. */
export function codeSystemsOf(source: Fields, path: string | undefined): readonly string[] {
  return path === undefined || !/(^|\.)(code|display)$/.test(path) ? [] : valuesBeside(source, path, 'system');
}

/** The units of a number: the values of the `unit` beside its `value`; null where there is none. */
export function unitsOf(source: Fields, path: string | undefined): string | null {
  if (path === undefined || !/(^|\.)value$/.test(path)) return null;
  const units = valuesBeside(source, path, 'unit');
  return units.length === 0 ? null : units.join(', ');
}

function valuesBeside({ fields }: Fields, path: string, name: string): readonly string[] {
  const beside = [...path.split('.').slice(0, -1), name].join('.');
  return fields.find((field) => field.path === beside)?.values ?? [];
}

/** Share of rows without a value, percent with one decimal. */
export function missingPercent(rows: number, filled: number): number {
  return rows === 0 ? 0 : Math.round(1000 * (1 - filled / rows)) / 10;
}
