import { DeidentificationError } from '../../deidentification.errors';
import { hierarchyOf, type Hierarchy } from './hierarchy';

/** The coarsest value of every built-in hierarchy. */
const ANY = '*';
const AGE_MAX = 130;
/** Ages of 90 and more are one class in every band (45 CFR 164.514(b)(2)(i)(C)). */
const AGE_POOLED_FROM = 90;
const AGE_BANDS = [5, 10] as const;
/** Coarser bands do not part 80 to 89 from 90 and more, or levels would not be nested. */
const AGE_WIDE_BANDS = [20, 40] as const;
const AGE_WIDE_POOLED_FROM = 80;
/** Numbers beyond this lose whole units in a double. */
const NUMBER_MAX = Number.MAX_SAFE_INTEGER;

/** Whole years 0 to 130 (all of them are leaves): bands of 5, 10, 20 and 40 years, 90 and more together. */
export function ageHierarchy(column: string): Hierarchy {
  const band = (age: number, years: number, pooled: number) =>
    age >= pooled ? `${pooled}+` : `${age - (age % years)}-${Math.min(age - (age % years) + years, pooled) - 1}`;
  return hierarchyOf(
    column,
    Array.from({ length: AGE_MAX + 1 }, (_, age) => [
      String(age),
      ...AGE_BANDS.map((years) => band(age, years, AGE_POOLED_FROM)),
      ...AGE_WIDE_BANDS.map((years) => band(age, years, AGE_WIDE_POOLED_FROM)),
      ANY,
    ]),
  );
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Days `YYYY-MM-DD`: month, year, decade. Throws HIERARCHY_VALUE_INVALID. */
export function dateHierarchy(column: string, values: Iterable<string>): Hierarchy {
  return overValues(column, values, (value) => {
    const [, year, month, day] = DATE.exec(value) ?? [];
    if (!year || !isDay(Number(year), Number(month), Number(day)))
      throw invalidValue(column, 'a day written YYYY-MM-DD');
    return [`${year}-${month}`, year, `${year.slice(0, 3)}0s`, ANY];
  });
}

function isDay(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

const ZIP = /^(\d{5})(-\d{4})?$/;

/** US ZIP codes, five digits or ZIP+4: the last digit less at each level. Throws HIERARCHY_VALUE_INVALID. */
export function zipHierarchy(column: string, values: Iterable<string>): Hierarchy {
  return overValues(column, values, (value) => {
    const digits = ZIP.exec(value)?.[1];
    if (!digits) throw invalidValue(column, 'a ZIP code of five digits');
    return [digits, ...[4, 3, 2, 1].map((kept) => digits.slice(0, kept).padEnd(5, ANY)), ANY];
  });
}

/**
 * Numbers in half-open intervals `[from, to)`: `width` wide at level 1, twice as wide at each further of `levels` levels.
 * Throws HIERARCHY_VALUE_INVALID (no number, not finite, beyond ±(2^53 − 1)), HIERARCHY_OPTION_INVALID.
 */
export function numberHierarchy(
  column: string,
  values: Iterable<string>,
  { width, levels = 4 }: { readonly width: number; readonly levels?: number },
): Hierarchy {
  if (!(Number.isFinite(width) && width > 0) || !Number.isInteger(levels) || levels < 1 || levels > 30)
    throw invalidOption(column, 'needs a width above 0 and 1 to 30 levels');
  return overValues(column, values, (value) => {
    const number = value.trim() === '' ? NaN : Number(value);
    const cell = Math.floor(number / width);
    if (!(Math.abs(number) <= NUMBER_MAX && Math.abs(cell) <= NUMBER_MAX))
      throw invalidValue(column, 'a finite number of at most 15 digits');
    // Whole cells are halved, not bounds: rounding cannot part what is one.
    const intervals = Array.from({ length: levels }, (_, level) => {
      const index = Math.floor(cell / 2 ** level);
      return `[${index * 2 ** level * width}, ${(index + 1) * 2 ** level * width})`;
    });
    return [...intervals, ANY];
  });
}

/** Codes of a system whose beginning names the group (ICD-10: 3 characters, then 1): cut to each length in turn. Throws HIERARCHY_OPTION_INVALID. */
export function codePrefixHierarchy(column: string, values: Iterable<string>, lengths: readonly number[]): Hierarchy {
  const falling = lengths.every(
    (length, at) => Number.isInteger(length) && length > 0 && (at === 0 || length < lengths[at - 1]!),
  );
  if (lengths.length === 0 || !falling) throw invalidOption(column, 'needs falling whole prefix lengths');
  return overValues(column, values, (value) => [...lengths.map((length) => value.slice(0, length)), ANY]);
}

/**
 * Codes with a parent table (child → parent): level by level towards the root, aligned there, so that a level is one depth
 * of the tree. Throws HIERARCHY_PARENT_CYCLE.
 */
export function codeParentHierarchy(
  column: string,
  values: Iterable<string>,
  parents: ReadonlyMap<string, string>,
): Hierarchy {
  const paths = new Map([...new Set(values)].map((value) => [value, pathToRoot(column, value, parents)]));
  const depth = Math.max(1, ...[...paths.values()].map(({ length }) => length));
  return overValues(column, paths.keys(), (value) => {
    const path = paths.get(value)!; // the root first
    const above = Array.from({ length: depth - 1 }, (_, index) => path[Math.min(path.length, depth - 1 - index) - 1]!);
    return [...above, ANY];
  });
}

function pathToRoot(column: string, value: string, parents: ReadonlyMap<string, string>): string[] {
  const path = [value];
  const seen = new Set(path);
  for (let parent = parents.get(value); parent !== undefined; parent = parents.get(parent)) {
    if (seen.has(parent))
      throw new DeidentificationError(
        'HIERARCHY_PARENT_CYCLE',
        `the parent table of column ${column} leads in a circle; a code cannot be above itself`,
      );
    seen.add(parent);
    path.unshift(parent);
  }
  return path;
}

/** Leaves are the distinct values, in code point order, so that the order of the records does not matter. */
function overValues(column: string, values: Iterable<string>, coarser: (value: string) => string[]): Hierarchy {
  const distinct = [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
  return hierarchyOf(
    column,
    distinct.map((value) => [value, ...coarser(value)]),
  );
}

const invalidValue = (column: string, form: string) =>
  new DeidentificationError(
    'HIERARCHY_VALUE_INVALID',
    `column ${column} has a value that is not ${form}; mend it or give the column a hierarchy file`,
  );

const invalidOption = (column: string, what: string) =>
  new DeidentificationError('HIERARCHY_OPTION_INVALID', `the built-in hierarchy of column ${column} ${what}`);
