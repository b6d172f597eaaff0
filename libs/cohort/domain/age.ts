import { assert } from '@aceso/kernel';

/**
 * Ages are judged from a birth month, as the index holds no day (privacy-and-keys section 3). Whoever may be on either
 * side of a limit is on neither: nobody counts as adult who could still be a minor.
 */

const DAY = /^(\d{4})-(\d{2})-\d{2}$/;

/** Latest birth month (YYYY-MM) of which every child has reached `years` on `day` (YYYY-MM-DD). */
export function bornAtLatest(day: string, years: number): string {
  // Born in the month of the birthday itself, a person may reach the age on its last day only: the month before is sure.
  return monthBefore(day, years, 1);
}

/** Earliest birth month (YYYY-MM) of which no child is older than `years` in full years on `day` (YYYY-MM-DD). */
export function bornAtEarliest(day: string, years: number): string {
  return monthBefore(day, years + 1, -1);
}

/**
 * True only when somebody born then has surely reached `years` on `day`. `birth` is YYYY-MM, or YYYY where the month is
 * not known: December counts.
 */
export function surelyReached(birth: string, day: string, years: number): boolean {
  return `${birth}-12`.slice(0, 'YYYY-MM'.length) <= bornAtLatest(day, years);
}

function monthBefore(day: string, years: number, months: number): string {
  const parts = DAY.exec(day);
  assert(parts, 'a day is written YYYY-MM-DD');
  const index = (Number(parts[1]) - years) * 12 + (Number(parts[2]) - 1) - months;
  const year = Math.floor(index / 12);
  return `${String(year).padStart(4, '0')}-${String(index - year * 12 + 1).padStart(2, '0')}`;
}
