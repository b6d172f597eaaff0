import { COUNT_ROUNDED_TO, COUNT_THRESHOLD, type Suppression } from './disclosure';
import { apart, apartFromSum, type Apart, type PersonSet } from './person-set';

/** Sets that differ by so many persons on either side, or fewer, are close: their numbers would tell a number below the threshold. */
export const CLOSE_PERSONS_MAX = COUNT_THRESHOLD - 1;
/** How far a shown number is from the true one, at most. */
const ROUNDED_AWAY_MAX = (COUNT_ROUNDED_TO - 1) / 2;
/** Of a group's sets, how many of the newest are compared in pairs. */
export const PAIRED_SETS_MAX = 1_000;

/**
 * What a group was told of a set: its number; nothing, but its number follows from others (FOLLOWS); or that there is none, and why. What was refused
 * is kept as well: else whoever finds out where the threshold lies could ask again with one person more (ADR 38).
 */
export type Told = 'NUMBER' | 'FOLLOWS' | Suppression;

/** A set that a group asked for, or that follows from what it was shown. */
export interface JudgedSet {
  readonly set: PersonSet;
  readonly told: Told;
  /** As it was shown; null where it was not. */
  readonly approximate: number | null;
}

/** Why a number may not be shown beside what was told before. */
export interface Closeness {
  /** How it is kept; what the asker is told is less (`Disclosing`). */
  readonly told: Suppression;
  /** The number that was shown of a set within ten persons; null where there is none. */
  readonly closeTo: number | null;
}

const isClose = ({ more, less }: Apart): boolean => more <= CLOSE_PERSONS_MAX && less <= CLOSE_PERSONS_MAX;

/** Whether two sets are close. Equal ones are: else a refusal would say that there is somebody in between. */
export const areClose = (a: PersonSet, b: PersonSet): boolean =>
  Math.abs(a.size - b.size) <= CLOSE_PERSONS_MAX && isClose(apart(a, b, CLOSE_PERSONS_MAX));

/**
 * Why the number of a set from the threshold on may not be shown, beside what the group was told of others (oldest first); null where it may be. It
 * is within ten persons of a set whose number is known. It is within ten persons of a set below the threshold, and is then kept as too small, or of what was kept so,
 * and is then close. It is close to everybody but one known set; to two of them
 * together; to one of them without another one: coefficients of one and minus one over three
 * sets, that is; more of them carry more of the rounding, and are not looked for (ADR 38).
 */
export function closenessOf(asked: PersonSet, judged: readonly JudgedSet[], everybody: PersonSet): Closeness | null {
  if (asked.size < COUNT_THRESHOLD) return null;
  const near = judged.filter(({ set }) => areClose(asked, set));
  const known = near.filter(({ told }) => isKnown(told));
  if (known.length > 0) return { told: 'TOO_CLOSE', closeTo: known.map(closeTo).find((each) => each !== null) ?? null };
  const small = near.filter(({ told }) => told === 'TOO_SMALL');
  if (small.some(({ set }) => set.size < COUNT_THRESHOLD)) return { told: 'TOO_SMALL', closeTo: null };
  if (small.length > 0 || isCloseToPair(asked, judged, everybody)) return { told: 'TOO_CLOSE', closeTo: null };
  return null;
}

/** The number of a set, as far as it says of a set within ten persons that it is not below the threshold, whatever was rounded. */
const closeTo = ({ approximate }: JudgedSet): number | null =>
  approximate !== null && approximate - ROUNDED_AWAY_MAX - CLOSE_PERSONS_MAX >= COUNT_THRESHOLD ? approximate : null;

const isKnown = (told: Told): boolean => told === 'NUMBER' || told === 'FOLLOWS';

function isCloseToPair(asked: PersonSet, judged: readonly JudgedSet[], everybody: PersonSet): boolean {
  const compared = judged.filter(({ told }) => told !== 'TOO_SMALL').slice(-PAIRED_SETS_MAX);
  const paired = compared.map(({ set }) => set);
  paired.sort((a, b) => a.size - b.size);
  // The greater part of what is left out of pairs is left out here, set by set: a part of the asked set is nearly inside of it, and a whole has it
  // nearly inside. Pairs of all sets would take seconds.
  const parts = paired.filter((part) => isNearlyIn(part, asked));
  for (const whole of [everybody, ...paired.filter((set) => isNearlyIn(asked, set))]) {
    const rests = near(paired, whole.size - asked.size).filter((part) => isNearlyIn(part, whole));
    if (rests.some((part) => isClose(apartFromSum(whole, asked, part, CLOSE_PERSONS_MAX)))) return true;
  }
  for (const part of parts) {
    const others = near(parts, asked.size - part.size);
    if (others.some((other) => isClose(apartFromSum(asked, part, other, CLOSE_PERSONS_MAX)))) return true;
  }
  return false;
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
