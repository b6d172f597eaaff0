import { BIRTH_MONTHS, type BirthMonth } from './birth-window';

/** A place among groups and, within a group, among months of birth: one number, so that one sorted array serves all groups. */
export function placeOf(group: number, month: BirthMonth): number {
  return group * BIRTH_MONTHS + month;
}

/** Adds up weights of cells by place: built once, weighed again as often as cells leave. */
export class PlacedWeights {
  readonly #places: Float64Array;
  readonly #cells: Int32Array;
  readonly #sums: Float64Array;

  constructor(cells: readonly { readonly cell: number; readonly place: number }[]) {
    const sorted = [...cells].sort((a, b) => a.place - b.place);
    this.#places = Float64Array.from(sorted, ({ place }) => place);
    this.#cells = Int32Array.from(sorted, ({ cell }) => cell);
    this.#sums = new Float64Array(sorted.length + 1);
  }

  /** How many of the places lie below; an index for {@link upTo}. */
  indexOf(place: number): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#places[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  weigh(weights: Float64Array): void {
    for (let at = 0; at < this.#cells.length; at += 1) {
      this.#sums[at + 1] = this.#sums[at]! + weights[this.#cells[at]!]!;
    }
  }

  /** Weight of all places before an index. */
  upTo(index: number): number {
    return this.#sums[index]!;
  }
}
