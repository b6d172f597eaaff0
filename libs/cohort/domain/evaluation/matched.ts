import { FORM_FLOAT, NO_DAY, NO_VALUE, UNKNOWN, type FactColumns } from '@aceso/register/domain';
import type { Limits, Scan } from './plan';

/** Months of birth of the persons of a block, by slot. */
export interface Births {
  readonly first: Int16Array;
  readonly last: Int16Array;
}

const DAY_MS = 86_400_000;
const TABLE_FROM = Date.UTC(1800, 0, 1) / DAY_MS;
const TABLE_TO = Date.UTC(2200, 0, 1) / DAY_MS;
let months: Int16Array | undefined;

/** Month of a day, in months since year 0. */
export function monthOfDay(day: number): number {
  if (day < TABLE_FROM || day >= TABLE_TO) return monthOf(day);
  months ??= Int16Array.from({ length: TABLE_TO - TABLE_FROM }, (_, at) => monthOf(TABLE_FROM + at));
  return months[day - TABLE_FROM]!;
}

function monthOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** Whether a birth is surely within limits of full years in a month: as of `bornAtLatest` and `bornAtEarliest`. */
export function isAged(first: number, last: number, month: number, { min, max }: Limits): boolean {
  if (first === UNKNOWN) return false;
  return (
    (min === undefined || last <= month - 12 * min - 1) && (max === undefined || first >= month - 12 * (max + 1) + 1)
  );
}

// Grown as needed and used again: only one scan of a thread is between filtering and reading.
let scratch = new Int32Array(0);

/**
 * Places of a column that hold what an event asks of a fact by itself, without the entry; null: all of them. What is returned is
 * valid until the next call. One condition after the other, each a pass without branches over what the last one left.
 */
export function matched(
  columns: FactColumns,
  { value, dated, age }: Pick<Scan, 'dated' | 'age'> & { readonly value?: Limits | undefined },
  births: () => Births,
): Int32Array | null {
  if (!value && !dated && !age) return null;
  const { n, slots, days, form } = columns;
  if (scratch.length < n) scratch = new Int32Array(Math.max(n, 2 * scratch.length));
  const out = scratch;
  let count = -1;
  if (value) {
    if (columns.values === null) return out.subarray(0, 0);
    count = 0;
    const { values } = columns;
    const [low, high] = bounds(value, form);
    for (let at = 0; at < n; at += 1) {
      out[count] = at;
      const number = values[at]!;
      count += +(number >= low && number <= high);
    }
  }
  if (dated) {
    // No day is the least of all numbers: it is before each first day, and must not be before a last one.
    const [low, high] = [dated.min ?? NO_DAY + 1, dated.max ?? Infinity];
    const size = count === -1 ? n : count;
    const all = count === -1;
    count = 0;
    for (let place = 0; place < size; place += 1) {
      const at = all ? place : out[place]!;
      out[count] = at;
      const day = days[at]!;
      count += +(day >= low && day <= high);
    }
  }
  if (age) {
    const { first, last } = births();
    const size = count === -1 ? n : count;
    const all = count === -1;
    count = 0;
    for (let place = 0; place < size; place += 1) {
      const at = all ? place : out[place]!;
      const day = days[at]!;
      const slot = slots[at]!;
      if (day !== NO_DAY && isAged(first[slot]!, last[slot]!, monthOfDay(day), age)) {
        out[count] = at;
        count += 1;
      }
    }
  }
  return out.subarray(0, count);
}

const COLUMN_MAX = 2 ** 31;

/** Limits as the column writes its numbers; what nobody knows is below the lower one. */
function bounds({ min, max }: Limits, form: number): readonly [number, number] {
  if (form === FORM_FLOAT) return [min ?? -Infinity, max ?? Infinity];
  const power = 10 ** form;
  // A quotient may be rounded to the limit: the whole number is moved until it divides to the right side.
  // Beyond what a column can hold there is nothing to move: numbers so large have no neighbour one apart.
  let low = NO_VALUE + 1;
  if (min !== undefined && min * power > COLUMN_MAX) return [Infinity, Infinity];
  if (min !== undefined && min * power > low) {
    low = Math.ceil(min * power);
    while (low / power < min) low += 1;
    while ((low - 1) / power >= min) low -= 1;
  }
  let high = Infinity;
  if (max !== undefined && max * power < low) return [Infinity, -Infinity];
  if (max !== undefined && max * power < COLUMN_MAX) {
    high = Math.floor(max * power);
    while (high / power > max) high -= 1;
    while ((high + 1) / power <= max) high += 1;
  }
  return [Math.max(low, NO_VALUE + 1), high];
}
