import { areClose, closenessOf, type Closeness, type JudgedSet } from './closeness';
import { COUNT_THRESHOLD, disclose, type AnsweredCount } from './disclosure';
import { NOBODY, union, type PersonSet } from './person-set';

/** A set that a group was told of, under the key of the question. */
export interface KnownSet extends JudgedSet {
  readonly key: string;
}

/** One cell of a table: its persons are in no other cell of it. */
export interface Cell {
  readonly key: string;
  readonly set: PersonSet;
}

const SUPPRESSED: AnsweredCount = { approximate: null, suppressed: true };

/**
 * Decides which numbers a group is shown beside all that it was told before. What it tells of each set is in `kept`, and counts from then on.
 * `guard` is the judgement of closeness.
 */
export class Disclosing {
  readonly kept: KnownSet[] = [];
  /** Keys of questions that came close: their persons were as many as the threshold or more, and no number was shown. */
  readonly calls = new Set<string>();
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
    const refusal = this.#refusal({ key, set }, this.#known, this.everybody);
    return refusal ? this.#refused({ key, set }, refusal) : this.#shown({ key, set });
  }

  /**
   * The numbers of the cells that make up a total which is shown. Hidden are small cells and close ones, and then the smallest others until
   * the hidden ones are two at least, eleven persons at least together, and their sum is not close to anything shown. Which of them was hidden
   * for what is not said. The hidden ones together count as shown, under
   * the key `rest`: their number follows from the total and the others. Cells are judged beside those before them too, without the total:
   * that cells add up to it says nothing.
   */
  table(rest: string, cells: readonly Cell[], total: PersonSet): AnsweredCount[] {
    const beside: JudgedSet[] = this.#known.filter(({ set }) => !areClose(set, total));
    const everybody = areClose(this.everybody, total) ? NOBODY : this.everybody;
    const hidden = new Set<Cell>();
    for (const cell of cells) {
      if (this.#isHidden(cell) || this.#tellsBeside(cell, beside, everybody)) hidden.add(cell);
      else beside.push({ set: cell.set, told: 'FOLLOWS', approximate: null });
    }
    let sum = union([...hidden].map(({ set }) => set));
    while (hidden.size > 0 && hidden.size < cells.length && !this.#mayFollow(hidden.size, rest, sum)) {
      const shown = cells.filter((cell) => !hidden.has(cell));
      hidden.add(shown.reduce((least, cell) => (cell.set.size < least.set.size ? cell : least)));
      sum = union([...hidden].map(({ set }) => set));
    }
    const answers = cells.map((cell) => (hidden.has(cell) ? SUPPRESSED : this.#shown(cell)));
    if (hidden.size > 0 && hidden.size < cells.length && !this.#standing(rest, sum)) {
      this.#keep({ key: rest, set: sum, told: 'FOLLOWS', approximate: null });
    }
    for (const { key, set } of hidden) if (set.size < COUNT_THRESHOLD) this.#small(key, set);
    return answers;
  }

  /**
   * The numbers of parts of totals that are shown, together or not at all: with the totals each of them tells the others. First each is judged as a
   * question of its own beside the others, without the totals: that parts add up to those says nothing, and a part that is close to a total is
   * so because another one is small. Only where none is refused they are judged beside the totals as well. A part that is refused says
   * why, as it would if it was asked for alone; the others do not.
   */
  parts(parts: readonly Cell[], totals: readonly PersonSet[]): AnsweredCount[] {
    const isTotal = (set: PersonSet): boolean => totals.some((total) => areClose(set, total));
    const beside: JudgedSet[] = this.#known.filter(({ set }) => !isTotal(set));
    const everybody = isTotal(this.everybody) ? NOBODY : this.everybody;
    let refused = parts.map((part) => {
      const refusal = this.#refusal(part, beside, everybody);
      if (!refusal) beside.push({ set: part.set, told: 'FOLLOWS', approximate: null });
      return refusal;
    });
    if (refused.every((each) => each === null)) {
      refused = parts.map((part) => this.#refusal(part, this.#known, this.everybody));
    }
    if (refused.every((each) => each === null)) return parts.map((part) => this.#shown(part));
    return parts.map((part, at) => this.#refused(part, refused[at] ?? null));
  }

  /** Why the number of a set is not shown, by the rules of `number`; null where it may be. */
  #refusal({ key, set }: Cell, known: readonly JudgedSet[], everybody: PersonSet): Closeness | null {
    const small: Closeness = { told: 'TOO_SMALL', closeTo: null };
    if (set.size < COUNT_THRESHOLD) return small;
    const own = this.#standing(key, set);
    if (own) return own.approximate === null ? small : null;
    return this.guard(set, known, everybody);
  }

  #isHidden({ key, set }: Cell): boolean {
    if (set.size < COUNT_THRESHOLD) return true;
    const own = this.#standing(key, set);
    return own ? own.approximate === null : this.guard(set, this.#known, this.everybody) !== null;
  }

  #tellsBeside({ key, set }: Cell, beside: readonly JudgedSet[], everybody: PersonSet): boolean {
    return !this.#standing(key, set) && this.guard(set, beside, everybody) !== null;
  }

  /** Small sets do not count here: the hidden cells together always have a small one nearly all of whose persons they are. */
  #mayFollow(cells: number, key: string, sum: PersonSet): boolean {
    if (cells < 2 || sum.size < COUNT_THRESHOLD) return false;
    const others = this.#known.filter(({ told }) => told !== 'TOO_SMALL');
    return this.#standing(key, sum) !== undefined || this.guard(sum, others, this.everybody) === null;
  }

  #shown({ key, set }: Cell): AnsweredCount {
    const own = this.#standing(key, set);
    return own ? numberOf(own) : this.#number(key, set);
  }

  #number(key: string, set: PersonSet): AnsweredCount {
    const answer = disclose(set.size);
    this.#keep({ key, set, told: 'NUMBER', approximate: answer.approximate });
    return answer;
  }

  /** Nobody at all is not kept: whatever is near is small as well. */
  #small(key: string, set: PersonSet): AnsweredCount {
    if (set.size > 0 && !this.#standing(key, set)) this.#keep({ key, set, told: 'TOO_SMALL', approximate: null });
    return SUPPRESSED;
  }

  /**
   * What is answered in place of a number, and kept; of a part that only others keep back nothing is. That there are fewer than the threshold, or that there may be, is
   * one answer: two would tell nobody from somebody. Only an earlier number that is large enough is named. A set from the threshold on is a close call.
   */
  #refused({ key, set }: Cell, refusal: Closeness | null): AnsweredCount {
    if (refusal === null) return SUPPRESSED;
    if (set.size >= COUNT_THRESHOLD) this.calls.add(key);
    if (refusal.told === 'TOO_SMALL') return this.#small(key, set);
    this.#keep({ key, set, told: 'TOO_CLOSE', approximate: null });
    return refusal.closeTo === null ? SUPPRESSED : { ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: refusal.closeTo };
  }

  #standing(key: string, set: PersonSet): KnownSet | undefined {
    return this.#known.findLast((known) => known.told !== 'TOO_CLOSE' && known.key === key && areClose(known.set, set));
  }

  /** A set that is refused again in the same words is kept once. */
  #keep(set: KnownSet): void {
    const again = ({ key, told }: KnownSet) => told === 'TOO_CLOSE' && key === set.key && set.told === told;
    if (this.#known.some(again)) return;
    this.kept.push(set);
    this.#known.push(set);
  }
}

const numberOf = ({ approximate }: KnownSet): AnsweredCount =>
  approximate === null ? SUPPRESSED : { approximate, suppressed: false };
