import { NO_DAY, type FactColumns } from '@aceso/register/domain';
import type { Limits } from './plan';
import { numbersFor } from './scratch';

/** Facts of one code, or those of them that an event asks for: of each its slot & 65535 and its day, NO_DAY where none is known. */
export interface Facts {
  readonly n: number;
  readonly slots: Uint16Array;
  readonly days: Int32Array;
}

/** Later than any day. */
export const NEVER = 2_147_483_647;
/** What is imported is a getter: asked for each fact it takes longer than the fact. */
const NONE = NO_DAY;

// One pass over facts each, with nothing called for a single fact: a call costs ten times what is done with it here.

/** Sets the slot of each fact to one. */
export function mark({ n, slots }: Facts, held: Uint8Array): void {
  for (let at = 0; at < n; at += 1) held[slots[at]!] = 1;
}

/** The least day of each slot; those without stay as they are. */
export function keepFirst({ n, slots, days }: Facts, first: Int32Array): void {
  for (let at = 0; at < n; at += 1) {
    const [slot, day] = [slots[at]!, days[at]!];
    if (day < first[slot]! && day !== NONE) first[slot] = day;
  }
}

/** The greatest day of each slot. */
export function keepLast({ n, slots, days }: Facts, last: Int32Array): void {
  for (let at = 0; at < n; at += 1) {
    const slot = slots[at]!;
    if (days[at]! > last[slot]!) last[slot] = days[at]!;
  }
}

/** Days from the entry of a row to an event, included. */
export interface Window {
  /** Of each row; NEVER or NO_DAY without one. */
  readonly entry: Int32Array;
  readonly min: number;
  readonly max: number;
}

/** More days than there are between any two days, and fewer than to NEVER or NO_DAY: what has no day is in no window. */
const AWAY_MAX = 1_000_000_000;

/** The window of a rule with its limits. */
export const windowOf = (entry: Int32Array, { min = -AWAY_MAX, max = AWAY_MAX }: Limits): Window => ({
  entry,
  min,
  max,
});

// Days past the beginning of a window as a whole number of 32 bits without a sign: what is before it, and what has no day, is more than any window is
// long. Differences that may not fit are reckoned as fractions, which takes longer.

/** Sets the slot of each fact within the window to one, where each slot is one row. */
export function markWithin({ n, slots, days }: Facts, { entry, min, max }: Window, held: Uint8Array): void {
  const [from, length] = [min | 0, (max - min) | 0];
  for (let at = 0; at < n; at += 1) {
    const slot = slots[at]!;
    held[slot]! |= +((days[at]! - entry[slot]! - from) >>> 0 <= length);
  }
}

/** As `markWithin`, where a slot has the rows from `starts[slot]` to before `starts[slot + 1]`. */
export function markRowsWithin(
  { n, slots, days }: Facts,
  { entry, min, max }: Window,
  starts: Int32Array,
  held: Uint8Array,
): void {
  for (let at = 0; at < n; at += 1) {
    const [day, end] = [days[at]!, starts[slots[at]! + 1]!];
    for (let row = starts[slots[at]!]!; row < end; row += 1) {
      const away = day - entry[row]!;
      held[row]! |= +(away >= min) & +(away <= max);
    }
  }
}

/** Keeps of facts those within the window, where each slot is one row. They are few as a rule, so that a branch is foreseen. */
export function keepWithin({ n, slots, days }: Facts, { entry, min, max }: Window): Facts {
  const kept = roomFor(n);
  const [from, length] = [min | 0, (max - min) | 0];
  let count = 0;
  for (let at = 0; at < n; at += 1) {
    const [slot, day] = [slots[at]!, days[at]!];
    if ((day - entry[slot]! - from) >>> 0 > length) continue;
    kept.slots[count] = slot;
    kept.days[count] = day;
    count += 1;
  }
  return { n: count, slots: kept.slots, days: kept.days };
}

/** Places below `size` that are one, in order. */
export function setIn(ones: Uint8Array, size: number): Int32Array {
  const set = numbersFor(size);
  let count = 0;
  for (let at = 0; at < size; at += 1) {
    set[count] = at;
    count += ones[at]!;
  }
  return set.subarray(0, count);
}

/** Those of the places that have another day than `none`; they are written over. */
export function datedIn(days: Int32Array, places: Int32Array, none: number): Int32Array {
  let count = 0;
  for (let at = 0; at < places.length; at += 1) {
    const place = places[at]!;
    places[count] = place;
    count += +(days[place] !== none);
  }
  return places.subarray(0, count);
}

/** The facts of a column at places that are one. What is returned is valid until the next filter. */
export function factsAt({ n, slots, days, values, form }: FactColumns, ones: Uint8Array): FactColumns {
  const at = positionsFor(n);
  let count = 0;
  for (let nth = 0; nth < n; nth += 1) {
    if (ones[slots[nth]!] !== 1) continue;
    at[count] = nth;
    count += 1;
  }
  const kept = roomFor(count);
  const numbers = values && valueRoomFor(count, values);
  for (let nth = 0; nth < count; nth += 1) {
    kept.slots[nth] = slots[at[nth]!]!;
    kept.days[nth] = days[at[nth]!]!;
  }
  if (numbers) for (let nth = 0; nth < count; nth += 1) numbers[nth] = values[at[nth]!]!;
  return { n: count, slots: kept.slots, days: kept.days, values: numbers, form };
}

// Grown as needed and used again: only one scan of a thread is between filtering and reading. A filter may read what it writes over, as it
// never writes ahead of where it reads.
let room = { slots: new Uint16Array(0), days: new Int32Array(0) };

/** Arrays for facts that are filtered, valid until the next filter: each writes to the same ones. */
export function roomFor(n: number): { readonly slots: Uint16Array; readonly days: Int32Array } {
  if (room.slots.length < n) {
    const size = Math.max(n, 2 * room.slots.length);
    room = { slots: new Uint16Array(size), days: new Int32Array(size) };
  }
  return room;
}

let [positions, wholes, floats] = [new Int32Array(0), new Int32Array(0), new Float64Array(0)];

function positionsFor(n: number): Int32Array {
  return positions.length < n ? (positions = new Int32Array(Math.max(n, 2 * positions.length))) : positions;
}

/** As `roomFor`, for numbers as a column has them. */
function valueRoomFor(n: number, like: Int32Array | Float64Array): Int32Array | Float64Array {
  if (like instanceof Int32Array)
    return (wholes = wholes.length < n ? new Int32Array(Math.max(n, 2 * wholes.length)) : wholes);
  return (floats = floats.length < n ? new Float64Array(Math.max(n, 2 * floats.length)) : floats);
}
