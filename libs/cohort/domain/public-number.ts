import { disclose } from './disclosure';

/** What everybody may read is never finer than this, and nothing below `PUBLIC_PERSONS_MIN`. */
export const PUBLIC_ROUNDED_DOWN_TO = 100;
export const PUBLIC_PERSONS_MIN = 1_000;

/**
 * The number of everybody who is found, for a page that anybody reads: null below a thousand, else rounded down to hundreds. It is made of the number
 * that each research center is shown of the same persons, and so tells nothing more.
 */
export function publicNumber(trueCount: number): number | null {
  const { approximate } = disclose(trueCount);
  if (approximate === null || approximate < PUBLIC_PERSONS_MIN) return null;
  return Math.floor(approximate / PUBLIC_ROUNDED_DOWN_TO) * PUBLIC_ROUNDED_DOWN_TO;
}
