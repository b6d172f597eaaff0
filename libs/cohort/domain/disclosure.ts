import { assert } from '@aceso/kernel';

/** No number is shown whose true value is smaller (product rule 5). */
export const COUNT_THRESHOLD = 11;
/** Numbers that are shown are rounded to the nearest multiple. */
export const COUNT_ROUNDED_TO = 5;

/** A number as outsiders see it. Suppressed never means zero, nor that it is not. */
export interface DisclosedCount {
  readonly approximate: number | null;
  readonly suppressed: boolean;
}

/** Applies the threshold to the true number, then rounds it. */
export function disclose(trueCount: number): DisclosedCount {
  assert(Number.isSafeInteger(trueCount) && trueCount >= 0, 'a count is a whole number from zero');
  if (trueCount < COUNT_THRESHOLD) return { approximate: null, suppressed: true };
  return { approximate: Math.round(trueCount / COUNT_ROUNDED_TO) * COUNT_ROUNDED_TO, suppressed: false };
}

/**
 * Why a number is not shown. As it is answered: TOO_CLOSE where there is an earlier number to name, TOO_SMALL in all other cases. As it is kept: by
 * what it was refused for.
 */
export type Suppression = 'TOO_SMALL' | 'TOO_CLOSE';

/** A number as it is answered beside what the asker was shown before. */
export interface AnsweredCount extends DisclosedCount {
  /** Where it is suppressed; TOO_SMALL where nothing is said. */
  readonly reason?: Suppression;
  /** The number, as it was shown, of a question whose persons differ from these by 0 to 10. */
  readonly closeTo?: number | null;
}
