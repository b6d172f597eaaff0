import { FORM_FLOAT, NO_DAY, NO_VALUE, UNKNOWN, type FactColumns } from '@aceso/register/domain';
import { roomFor, type Facts } from './passes';
import type { Limits, Scan } from './plan';
import { zerosFor } from './scratch';

/** Months of birth of the persons of a block, by slot. */
export interface Births {
  readonly first: Int16Array;
  readonly last: Int16Array;
}

// As in passes.ts: not asked for each fact.
const NONE = NO_DAY;
const NOT_KNOWN = UNKNOWN;

const DAY_MS = 86_400_000;
const TABLE_FROM = Date.UTC(1800, 0, 1) / DAY_MS;
const TABLE_TO = Date.UTC(2200, 0, 1) / DAY_MS;
let months: Int16Array | undefined;

/** Month of a day, in months since year 0. */
function monthOfDay(day: number): number {
  if (day < TABLE_FROM || day >= TABLE_TO) return monthOf(day);
  months ??= Int16Array.from({ length: TABLE_TO - TABLE_FROM }, (_, at) => monthOf(TABLE_FROM + at));
  return months[day - TABLE_FROM]!;
}

function monthOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/**
 * Limits of full years of age as months from a birth to an event: whoever is surely as old at least was born, at the latest, so many months before; as old
 * at most, at the earliest, so many: as of `bornAtLatest` and `bornAtEarliest`.
 */
const awayLimits = ({ min, max }: Limits): { readonly latest: number; readonly earliest: number } => ({
  latest: min === undefined ? -MONTHS_MAX : 12 * min + 1,
  earliest: max === undefined ? MONTHS_MAX : 12 * (max + 1) - 1,
});
/** More than there are between any two months. */
const MONTHS_MAX = 1_000_000;

/**
 * The facts of a column that hold what an event asks of a fact by itself, without the entry. What is returned is valid until the next call. One
 * condition after the other, each a pass without branches over what the last one left.
 */
export function matched(
  columns: FactColumns,
  { value, dated, age }: Pick<Scan, 'dated' | 'age'> & { readonly value?: Limits | undefined },
  births: () => Births,
): Facts {
  let facts: Facts = columns;
  if (value) facts = valued(columns, value);
  if (dated) facts = datedWithin(facts, dated);
  if (age) facts = agedWithin(facts, age, births());
  return facts;
}

function valued({ n, slots, days, values, form }: FactColumns, value: Limits): Facts {
  if (values === null) return { n: 0, slots, days };
  const kept = roomFor(n);
  const [low, high] = bounds(value, form);
  let count = 0;
  for (let at = 0; at < n; at += 1) {
    const number = values[at]!;
    kept.slots[count] = slots[at]!;
    kept.days[count] = days[at]!;
    count += +(number >= low) & +(number <= high);
  }
  return { n: count, slots: kept.slots, days: kept.days };
}

/** No day is the least of all numbers: it is before each first day, and must not be before a last one. */
function datedWithin({ n, slots, days }: Facts, { min = NO_DAY + 1, max = Infinity }: Limits): Facts {
  const kept = roomFor(n);
  let count = 0;
  for (let at = 0; at < n; at += 1) {
    const day = days[at]!;
    kept.slots[count] = slots[at]!;
    kept.days[count] = day;
    count += +(day >= min) & +(day <= max);
  }
  return { n: count, slots: kept.slots, days: kept.days };
}

function agedWithin({ n, slots, days }: Facts, age: Limits, { first, last }: Births): Facts {
  const kept = roomFor(n);
  const { latest, earliest } = awayLimits(age);
  let count = 0;
  for (let at = 0; at < n; at += 1) {
    const [slot, day] = [slots[at]!, days[at]!];
    kept.slots[count] = slot;
    kept.days[count] = day;
    const month = day === NONE ? NaN : monthOfDay(day);
    count += +(first[slot] !== NOT_KNOWN) & +(month - last[slot]! >= latest) & +(month - first[slot]! <= earliest);
  }
  return { n: count, slots: kept.slots, days: kept.days };
}

/** Whether the person of each of some rows is surely of an age on a day of its own. `slots` says whose rows they are where that is not their place. */
export function agedOn(
  days: Int32Array,
  age: Limits,
  {
    rows,
    slots,
    births: { first, last },
  }: { readonly rows: Int32Array; readonly slots: Uint16Array | undefined; readonly births: Births },
): Uint8Array {
  const { latest, earliest } = awayLimits(age);
  const held = zerosFor(days.length);
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    const slot = slots ? slots[row]! : row;
    const month = monthOfDay(days[row]!);
    held[row] = +(first[slot] !== NOT_KNOWN) & +(month - last[slot]! >= latest) & +(month - first[slot]! <= earliest);
  }
  return held;
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
