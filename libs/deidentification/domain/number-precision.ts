import type { Policy } from './policy';

/** Powers of ten that doubles hold exactly enough for a decimal place or a digit. */
const TEN = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
/** Beyond this no measurement is plausible; a number of a person (telephone, insurance) often is. */
const MAGNITUDE_MAX = 1e9;

/**
 * A number as it leaves: rounded to the decimal places of its code, and to the significant digits of the policy, whichever
 * is coarser. `undefined` for what is no finite number of plausible size.
 */
export function releasedNumber(
  value: unknown,
  decimals: number | undefined,
  precision: Policy['precision'],
): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > MAGNITUDE_MAX) return undefined;
  if (decimals === undefined) return toSignificant(value, precision.significantDigits);
  const factor = TEN[decimals]!;
  const rounded = Math.round(value * factor) / factor;
  const digits = precision.significantDigitsMax;
  const limit = TEN[Math.min(digits, TEN.length - 1)]! / factor;
  return Math.abs(rounded) < limit ? rounded + 0 : toSignificant(rounded, digits);
}

/** `+ 0` turns −0 into 0, which JSON writes as 0 anyway: equal rows stay equal. */
function toSignificant(value: number, digits: number): number {
  return Number(value.toPrecision(digits)) + 0;
}

const COUNT_MAX = 9999;

/** A small whole number (positions, frequencies); larger ones could be somebody's number. */
export function releasedCount(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= COUNT_MAX
    ? (value as number)
    : undefined;
}
