import { COUNT_THRESHOLD } from './disclosure';
import { apart, apartFromSum, type Apart, type PersonSet } from './person-set';

/** Sets that differ by so many persons on either side, or fewer, are close: their numbers would tell a number below the threshold. */
export const CLOSE_PERSONS_MAX = COUNT_THRESHOLD - 1;
/** Of a group's sets, how many of the newest are compared in pairs. */
export const PAIRED_SETS_MAX = 1_000;

/** A set whose number was shown, or follows from numbers that were. */
export interface ShownSet {
  readonly set: PersonSet;
  /** As it was shown; null where it follows from others. */
  readonly approximate: number | null;
}

/** What a set is close to: one that was shown, or what two of them add up to. */
export interface Closeness {
  /** The number of the one set; null where there is none of its own. */
  readonly closeTo: number | null;
}

const isClose = ({ more, less }: Apart): boolean => more <= CLOSE_PERSONS_MAX && less <= CLOSE_PERSONS_MAX;

/** Whether two sets are close. Equal ones are: else a refusal would say that there is somebody in between. */
export const areClose = (a: PersonSet, b: PersonSet): boolean =>
  Math.abs(a.size - b.size) <= CLOSE_PERSONS_MAX && isClose(apart(a, b, CLOSE_PERSONS_MAX));

/**
 * What a set is close to, among those that the group was shown (oldest first): one of them; everybody but one of them; two of them
 * together; one of them without another one. Null where its number may be shown beside theirs. Coefficients of one and minus one over three
 * sets, that is: more of them carry more of the rounding, and are not looked for (ADR 38).
 */
export function closenessOf(asked: PersonSet, shown: readonly ShownSet[], everybody: PersonSet): Closeness | null {
  for (const { set, approximate } of shown) if (areClose(asked, set)) return { closeTo: approximate };
  const paired = shown.slice(-PAIRED_SETS_MAX).map(({ set }) => set);
  paired.sort((a, b) => a.size - b.size);
  // The greater part of what is left out of pairs is left out here, set by set: a part of the asked set is nearly inside of it, and a whole has it
  // nearly inside. Pairs of all sets would take seconds.
  const parts = paired.filter((part) => isNearlyIn(part, asked));
  for (const whole of [everybody, ...paired.filter((set) => isNearlyIn(asked, set))]) {
    const rests = near(paired, whole.size - asked.size).filter((part) => isNearlyIn(part, whole));
    if (rests.some((part) => isClose(apartFromSum(whole, asked, part, CLOSE_PERSONS_MAX)))) return { closeTo: null };
  }
  for (const part of parts) {
    const others = near(parts, asked.size - part.size);
    if (others.some((other) => isClose(apartFromSum(asked, part, other, CLOSE_PERSONS_MAX)))) return { closeTo: null };
  }
  return null;
}

/** Whether so few of a set are outside of another one that the two may be part and whole of a close sum. */
const isNearlyIn = (part: PersonSet, whole: PersonSet): boolean =>
  part.size - whole.size <= CLOSE_PERSONS_MAX && apart(part, whole, CLOSE_PERSONS_MAX).more <= CLOSE_PERSONS_MAX;

/** Of sets in the order of their sizes those that may be close: a person may be in two of them, and then counts twice in their sizes. */
function near(sorted: readonly PersonSet[], size: number): readonly PersonSet[] {
  const from = firstAtLeast(sorted, size - 2 * CLOSE_PERSONS_MAX);
  return sorted.slice(from, firstAtLeast(sorted, size + 2 * CLOSE_PERSONS_MAX + 1));
}

function firstAtLeast(sorted: readonly PersonSet[], size: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]!.size < size) low = middle + 1;
    else high = middle;
  }
  return low;
}
