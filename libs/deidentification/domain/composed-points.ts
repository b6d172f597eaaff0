import type { BirthMonth } from './birth-window';
import type { Grouping } from './value-groups';

/**
 * The distinct points (group, month of birth) at which persons lie, in order: the persons of a group who were born in a
 * window are a range of points, and the regions around a point are found by adding up where ranges begin and end.
 */
export class Points {
  /** The point of each person. */
  readonly of: Int32Array;
  readonly size: number;
  readonly #groups: Grouping;
  readonly #starts: Int32Array;
  readonly #months: Int16Array;

  /** `byMonth`: all persons in the order of their months, so that one stable pass sorts them by group as well. */
  constructor(groups: Grouping, months: Int16Array, byMonth: Int32Array) {
    this.#groups = groups;
    const sorted = countingSort(byMonth, groups.of, groups.size);
    this.of = new Int32Array(months.length);
    this.#starts = new Int32Array(groups.size + 1);
    this.#months = new Int16Array(months.length);
    let [point, group, month] = [-1, -1, -1];
    for (const person of sorted) {
      if (groups.of[person] !== group || months[person] !== month) {
        point += 1;
        month = months[person]!;
        this.#months[point] = month;
      }
      // Every group has a person, and they come in the order of their numbers.
      if (groups.of[person] !== group) {
        group = groups.of[person]!;
        this.#starts[group] = point;
      }
      this.of[person] = point;
    }
    this.size = point + 1;
    this.#starts[groups.size] = this.size;
  }

  /** The first point of a person's group that lies at a month or after it; the end of the group where none does. */
  firstFrom(person: number, month: BirthMonth): number {
    const group = this.#groups.of[person]!;
    let low = this.#starts[group]!;
    let high = this.#starts[group + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#months[middle]! < month) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Numbers of `items` in the order of their keys (0 to size - 1); equal ones stay as they are. */
export function countingSort(items: Int32Array, keys: Int32Array | Int16Array, size: number): Int32Array {
  const next = new Int32Array(size + 1);
  for (const item of items) next[keys[item]! + 1]! += 1;
  for (let key = 0; key < size; key += 1) next[key + 1]! += next[key]!;
  const sorted = new Int32Array(items.length);
  for (const item of items) {
    const at = next[keys[item]!]!;
    next[keys[item]!] = at + 1;
    sorted[at] = item;
  }
  return sorted;
}
