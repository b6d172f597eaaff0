import { DeidentificationError } from '../../deidentification.errors';
import type { RandomSource } from './random-source';

/** A privacy loss ε as a fraction of whole numbers: floating point would leak the true count through its gaps (Mironov 2012). */
export interface Epsilon {
  readonly numerator: number;
  readonly denominator: number;
}

/** ε is at least a thousandth: below it the noise drowns every count. */
export const EPSILON_MIN_MILLI = 1;
/** ε is at most 1 a question: with 5 an answer is the true number in 99 of 100 cases, and two of them tell of one person. */
export const EPSILON_MAX_MILLI = 1_000;

/** ε in thousandths, as budgets are kept. Throws EPSILON_INVALID. */
export function epsilonOf(milli: number): Epsilon {
  if (!Number.isInteger(milli) || milli < EPSILON_MIN_MILLI || milli > EPSILON_MAX_MILLI) {
    throw new DeidentificationError(
      'EPSILON_INVALID',
      `epsilon is a whole number of thousandths from ${EPSILON_MIN_MILLI} to ${EPSILON_MAX_MILLI}`,
    );
  }
  const common = greatestCommonDivisor(milli, 1000);
  return { numerator: milli / common, denominator: 1000 / common };
}

/**
 * A draw of the discrete Laplace distribution, P(x) = (1−a)/(1+a) · a^|x| with a = e^−ε: exactly, in whole numbers
 * (Canonne, Kamath and Steinke 2020, algorithm 2). The time it takes depends on the draw: do not show it.
 */
export function discreteLaplace({ numerator, denominator }: Epsilon, random: RandomSource): number {
  for (;;) {
    const start = random.below(denominator);
    if (!bernoulliExp(start, denominator, random)) continue;
    let rounds = 0;
    while (bernoulliExp(1, 1, random)) rounds += 1;
    const magnitude = Math.floor((start + denominator * rounds) / numerator);
    const negative = random.bernoulli(1, 2);
    // Zero has one sign only, else it would be drawn twice as often.
    if (negative && magnitude === 0) continue;
    return negative ? -magnitude : magnitude;
  }
}

/** True with probability e^−(numerator/denominator), for a fraction of 0 to 1 (algorithm 1 there). */
function bernoulliExp(numerator: number, denominator: number, random: RandomSource): boolean {
  let draws = 1;
  while (random.bernoulli(numerator, denominator * draws)) draws += 1;
  return draws % 2 === 1;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
