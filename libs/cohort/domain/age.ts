import { assert } from '@aceso/kernel';
import { adultUntil, minorFrom } from '@aceso/identity/domain';

/**
 * Ages are judged from a birth month, as the index holds no day (privacy-and-keys section 3). Whoever may be on either
 * side of a limit is on neither: nobody counts as adult who could still be a minor.
 */

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Latest birth month (YYYY-MM) of which every child has reached `years` on `day` (YYYY-MM-DD). */
export function bornAtLatest(day: string, years: number): string {
  return adultUntil(startOf(day), years);
}

/** Earliest birth month (YYYY-MM) of which no child is older than `years` in full years on `day` (YYYY-MM-DD). */
export function bornAtEarliest(day: string, years: number): string {
  return minorFrom(startOf(day), years + 1);
}

/**
 * True only when somebody born then has surely reached `years` on `day`. `birth` is YYYY-MM, or YYYY where the month is
 * not known: December counts.
 */
export function surelyReached(birth: string, day: string, years: number): boolean {
  return `${birth}-12`.slice(0, 'YYYY-MM'.length) <= bornAtLatest(day, years);
}

function startOf(day: string): number {
  assert(DAY.test(day), 'a day is written YYYY-MM-DD');
  return Date.parse(day);
}
