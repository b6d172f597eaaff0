import type { Criteria } from './criteria';
import type { AnsweredCount } from './disclosure';
import type { Disclosing } from './disclosing';
import { intersection, without, type PersonSet } from './person-set';
import { criteriaInWords } from './sentence';

/** What two cohorts have, and what only one of them has. */
export interface Compared<T> {
  readonly a: T;
  readonly b: T;
  readonly both: T;
  readonly onlyA: T;
  readonly onlyB: T;
}

const SUPPRESSED: AnsweredCount = { approximate: null, suppressed: true };

/** The five in the one order in which the desk is asked. */
export function toList<T>({ a, b, both, onlyA, onlyB }: Compared<T>): T[] {
  return [a, b, both, onlyA, onlyB];
}

/** What `toList` made a list of. */
export function fromList<T>(list: readonly T[]): Compared<T> {
  const [a, b, both, onlyA, onlyB] = list as [T, T, T, T, T];
  return { a, b, both, onlyA, onlyB };
}

/** The same comparison of (b, a). */
export function turned<T>({ a, b, both, onlyA, onlyB }: Compared<T>): Compared<T> {
  return { a: b, b: a, both, onlyA: onlyB, onlyB: onlyA };
}

/** The sets of a comparison. */
export function comparedSets(a: PersonSet, b: PersonSet): Compared<PersonSet> {
  return { a, b, both: intersection(a, b), onlyA: without(a, b), onlyB: without(b, a) };
}

/**
 * What is shown of a comparison: the two totals as of counts, and the three parts where both totals are shown. Keys and sets stand in the
 * order of `toList`.
 */
export function comparedNumbers(
  disclosing: Disclosing,
  keys: readonly string[],
  sets: readonly PersonSet[],
): readonly AnsweredCount[] {
  const totals = [0, 1].map((at) => disclosing.number(keys[at]!, sets[at]!));
  const parts = [2, 3, 4].map((at) => ({ key: keys[at]!, set: sets[at]! }));
  if (totals.some(({ suppressed }) => suppressed)) return [...totals, ...parts.map(() => SUPPRESSED)];
  return [...totals, ...disclosing.parts(parts, [sets[0]!, sets[1]!])];
}

/** Criteria side by side: sentences that only one of them has, and those of both, each in its own order. */
export interface ComparedWords {
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  readonly both: readonly string[];
}

/** Which sentences differ. It says nothing of persons. */
export function comparedWords(a: Criteria, b: Criteria): ComparedWords {
  const [ofA, ofB] = [criteriaInWords(a), criteriaInWords(b)];
  return {
    onlyA: ofA.filter((sentence) => !ofB.includes(sentence)),
    onlyB: ofB.filter((sentence) => !ofA.includes(sentence)),
    both: ofA.filter((sentence) => ofB.includes(sentence)),
  };
}
