import { NO_DAY } from '@aceso/register/domain';
import type { Facts, Window } from './passes';
import type { Limits } from './plan';
import { numbersFor, zerosFor } from './scratch';

/** Days that are remembered for all places together: more than that are sorted instead. */
const REMEMBERED_MAX = 2 ** 22;
/** Days of one place that are looked through, one by one. */
const LOOKED_THROUGH_MAX = 32;

/** Counts distinct days at each of `places`, up to the number that decides whether they are within limits. */
export interface DayCount {
  add(place: number, day: number): void;
  /** Each fact at its slot. */
  addAll(facts: Facts): void;
  /** One where the count is within limits. */
  within(): Uint8Array;
}

/** Order of the days does not matter, and no more than what the limits need is remembered. */
export function countDays(places: number, { min, max }: Limits): DayCount {
  const enough = max === undefined ? (min ?? 0) : max + 1;
  const judge = (counts: ArrayLike<number>): Uint8Array => {
    const held = zerosFor(places);
    const [least, most] = [min ?? 0, max ?? Infinity];
    for (let at = 0; at < places; at += 1) held[at] = +(counts[at]! >= least && counts[at]! <= most);
    return held;
  };
  if (enough <= LOOKED_THROUGH_MAX && places * enough <= REMEMBERED_MAX) return remembered(places, enough, judge);
  return sorted(places, judge);
}

/** Counts each fact at those rows of its slot within the window; a slot has the rows from `starts[slot]` to before `starts[slot + 1]`. */
export function countRowsWithin(
  { n, slots, days }: Facts,
  { entry, min, max }: Window,
  starts: Int32Array,
  count: DayCount,
): void {
  for (let at = 0; at < n; at += 1) {
    const [day, end] = [days[at]!, starts[slots[at]! + 1]!];
    for (let row = starts[slots[at]!]!; row < end; row += 1) {
      const away = day - entry[row]!;
      if (away >= min && away <= max) count.add(row, day);
    }
  }
}

type Judge = (counts: ArrayLike<number>) => Uint8Array;

function remembered(places: number, enough: number, judge: Judge): DayCount {
  const seen = numbersFor(places * enough);
  const counts = zerosFor(places);
  const add = (place: number, day: number): void => {
    const count = counts[place]!;
    if (count === enough) return;
    const from = place * enough;
    for (let at = from; at < from + count; at += 1) if (seen[at] === day) return;
    seen[from + count] = day;
    counts[place] = count + 1;
  };
  return {
    add,
    addAll({ n, slots, days }) {
      for (let at = 0; at < n; at += 1) add(slots[at]!, days[at]!);
    },
    within: () => judge(counts),
  };
}

const NONE = NO_DAY;

/** Days of the years 1 to 9999, and none, as 22 bits. */
const KEY_DAYS = 2 ** 22;
const DAY_ZERO = 2 ** 20;

/** Place and day as one number, exact in a double for 2^31 places. */
export const dayKey = (place: number, day: number): number => place * KEY_DAYS + (day === NONE ? 0 : day + DAY_ZERO);
export const placeOfKey = (key: number): number => Math.floor(key / KEY_DAYS);
/** Of a key with a day. */
export const dayOfKey = (key: number): number => (key % KEY_DAYS) - DAY_ZERO;

/** Numbers, any of them, that are given back in order and each once. */
export class SortedKeys {
  #keys = new Float64Array(1024);
  #count = 0;

  add(key: number): void {
    if (this.#count === this.#keys.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    this.#keys[this.#count] = key;
    this.#count += 1;
  }

  distinct(): Float64Array {
    const keys = this.#keys.subarray(0, this.#count).sort();
    let kept = 0;
    for (let at = 0; at < keys.length; at += 1) {
      if (at > 0 && keys[at] === keys[kept - 1]) continue;
      keys[kept] = keys[at]!;
      kept += 1;
    }
    return keys.subarray(0, kept);
  }
}

function sorted(places: number, judge: Judge): DayCount {
  const keys = new SortedKeys();
  return {
    add: (place, day) => keys.add(dayKey(place, day)),
    addAll({ n, slots, days }) {
      for (let at = 0; at < n; at += 1) keys.add(dayKey(slots[at]!, days[at]!));
    },
    within() {
      const counts = new Uint32Array(places);
      for (const key of keys.distinct()) counts[placeOfKey(key)]! += 1;
      return judge(counts);
    },
  };
}
