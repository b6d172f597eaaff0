import { assert } from '@aceso/kernel';

/** No number is shown whose true value is smaller (product rule 5). */
export const COUNT_THRESHOLD = 11;
/** Numbers that are shown are rounded to the nearest multiple. */
export const COUNT_ROUNDED_TO = 5;

/** A number as outsiders see it. Suppressed means "between zero and ten", never zero. */
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
