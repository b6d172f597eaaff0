import { COUNT_ROUNDED_TO, COUNT_THRESHOLD, OTHERS_CELL, type AnsweredCount } from '@aceso/cohort/domain';

/** One class of a cohort by age and sex, as it is shown. */
export interface ShownClass {
  readonly label: string;
  readonly count: AnsweredCount;
}

/**
 * Persons in classes of `k` or more if of each class the same `share` (0 to 1) agrees. Made of shown numbers only, each at the least that it stands for; classes
 * that are not shown, and persons who are in none, do not count.
 */
export function keptInClasses(
  classes: readonly ShownClass[],
  { k, share }: { readonly k: number; readonly share: number },
): number {
  return classes.reduce((sum, { label, count: { approximate } }) => {
    if (label === OTHERS_CELL || approximate === null) return sum;
    const agreeing = Math.floor(leastOf(approximate) * share);
    return agreeing >= k ? sum + agreeing : sum;
  }, 0);
}

/** The least true number that is shown as this one. */
const leastOf = (approximate: number): number =>
  Math.max(COUNT_THRESHOLD, approximate - Math.floor(COUNT_ROUNDED_TO / 2));
