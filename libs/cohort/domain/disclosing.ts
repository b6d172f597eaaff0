import { areClose, closenessOf, type ShownSet } from './closeness';
import { COUNT_THRESHOLD, disclose, type AnsweredCount } from './disclosure';
import { NOBODY, union, type PersonSet } from './person-set';

/** A set that a group was shown the number of, under the key of the question. */
export interface KnownSet extends ShownSet {
  readonly key: string;
}

/** One cell of a table: its persons are in no other cell of it. */
export interface Cell {
  readonly key: string;
  readonly set: PersonSet;
}

const SUPPRESSED: AnsweredCount = { approximate: null, suppressed: true };

/**
 * Decides which numbers a group is shown beside all that it was shown before. What it shows is in `kept`, and counts from then on.
 * `guard` is the judgement of closeness.
 */
export class Disclosing {
  readonly kept: KnownSet[] = [];
  readonly #known: KnownSet[];

  constructor(
    known: readonly KnownSet[],
    private readonly everybody: PersonSet,
    private readonly guard: typeof closenessOf = closenessOf,
  ) {
    this.#known = [...known];
  }

  /**
   * The number of a set. Asked again under the same key its number stands while the persons differ by few: the words are the same, so that
   * says nothing. Under another key a close set is not shown, be it equal or not: else the answer would say which.
   */
  number(key: string, set: PersonSet): AnsweredCount {
    if (set.size < COUNT_THRESHOLD) return SUPPRESSED;
    const own = this.#standing(key, set);
    if (own) return { approximate: own.approximate, suppressed: false };
    const close = this.guard(set, this.#known, this.everybody);
    if (close) return { ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: close.closeTo };
    const answer = disclose(set.size);
    this.#keep({ key, set, approximate: answer.approximate });
    return answer;
  }

  /**
   * The numbers of the cells that make up a total which is shown. Hidden are small cells and close ones, and then the smallest others until
   * the hidden ones are two at least, eleven persons at least together, and their sum is not close to anything shown. Which of them was hidden
   * for what is not said. The hidden ones together count as shown, under
   * the key `rest`: their number follows from the total and the others. Cells are judged beside those before them too, without the total:
   * that cells add up to it says nothing.
   */
  table(rest: string, cells: readonly Cell[], total: PersonSet): AnsweredCount[] {
    const beside: ShownSet[] = this.#known.filter(({ set }) => !areClose(set, total));
    const everybody = areClose(this.everybody, total) ? NOBODY : this.everybody;
    const hidden = new Set<Cell>();
    for (const cell of cells) {
      if (this.#isHidden(cell) || this.#tellsBeside(cell, beside, everybody)) hidden.add(cell);
      else beside.push({ set: cell.set, approximate: null });
    }
    let sum = union([...hidden].map(({ set }) => set));
    while (hidden.size > 0 && hidden.size < cells.length && !this.#mayFollow(hidden.size, rest, sum)) {
      const shown = cells.filter((cell) => !hidden.has(cell));
      hidden.add(shown.reduce((least, cell) => (cell.set.size < least.set.size ? cell : least)));
      sum = union([...hidden].map(({ set }) => set));
    }
    const answers = cells.map((cell) => (hidden.has(cell) ? SUPPRESSED : this.#shown(cell)));
    if (hidden.size > 0 && hidden.size < cells.length && !this.#standing(rest, sum)) {
      this.#keep({ key: rest, set: sum, approximate: null });
    }
    return answers;
  }

  /**
   * The numbers of parts of totals that are shown, together or not at all: with the totals each of them tells the others. They are judged as
   * questions of their own, and beside each other without the totals: that parts add up to those says nothing.
   */
  parts(parts: readonly Cell[], totals: readonly PersonSet[]): AnsweredCount[] {
    const isTotal = (set: PersonSet): boolean => totals.some((total) => areClose(set, total));
    const beside: ShownSet[] = this.#known.filter(({ set }) => !isTotal(set));
    const everybody = isTotal(this.everybody) ? NOBODY : this.everybody;
    const hidden = parts.some((part) => {
      if (this.#isHidden(part) || this.#tellsBeside(part, beside, everybody)) return true;
      beside.push({ set: part.set, approximate: null });
      return false;
    });
    return parts.map((part) => (hidden ? SUPPRESSED : this.#shown(part)));
  }

  #isHidden({ key, set }: Cell): boolean {
    if (set.size < COUNT_THRESHOLD) return true;
    return !this.#standing(key, set) && this.guard(set, this.#known, this.everybody) !== null;
  }

  #tellsBeside({ key, set }: Cell, beside: readonly ShownSet[], everybody: PersonSet): boolean {
    return !this.#standing(key, set) && this.guard(set, beside, everybody) !== null;
  }

  #mayFollow(cells: number, key: string, sum: PersonSet): boolean {
    if (cells < 2 || sum.size < COUNT_THRESHOLD) return false;
    return this.#standing(key, sum) !== undefined || this.guard(sum, this.#known, this.everybody) === null;
  }

  #shown({ key, set }: Cell): AnsweredCount {
    const own = this.#standing(key, set);
    if (own) return { approximate: own.approximate, suppressed: false };
    const answer = disclose(set.size);
    this.#keep({ key, set, approximate: answer.approximate });
    return answer;
  }

  #standing(key: string, set: PersonSet): KnownSet | undefined {
    return this.#known.findLast((known) => known.key === key && areClose(known.set, set));
  }

  #keep(set: KnownSet): void {
    this.kept.push(set);
    this.#known.push(set);
  }
}
