import { assert } from './error';

/** Whole minor units (cents) of one ISO 4217 currency. Never a fraction, never a float. */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** Basis points: 10,000 are the whole. */
export const BASIS_POINTS = 10_000n;

/**
 * Splits an amount into equal parts; what does not divide is returned apart, so that the caller has to say where
 * the remainder goes. `shareCount` is at least 1, the amount not negative.
 */
export function splitEqually(amountMinor: bigint, shareCount: number): { share: bigint; remainder: bigint } {
  assert(Number.isSafeInteger(shareCount), 'share count is a whole number');
  assert(shareCount > 0, 'at least one share');
  assert(amountMinor >= 0n, 'the amount is not negative');
  const count = BigInt(shareCount);
  return { share: amountMinor / count, remainder: amountMinor % count };
}

/** The part of an amount in basis points, rounded down. */
export function portion(amountMinor: bigint, basisPoints: bigint): bigint {
  assert(basisPoints >= 0n && basisPoints <= BASIS_POINTS, 'basis points lie between 0 and 10,000');
  return (amountMinor * basisPoints) / BASIS_POINTS;
}
