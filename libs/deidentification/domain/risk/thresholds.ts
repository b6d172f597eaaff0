import { DeidentificationError } from '../../deidentification.errors';

/** The smallest class that is allowed, in both readings of the risk that stands in guidance. */
export interface Threshold {
  /** Classes of this many records or more are allowed: what we judge by. */
  readonly kMin: number;
  /** 1 / kMin: the highest chance of a hit that is left. */
  readonly highestRisk: number;
  /** The same risk in whole percent, rounded down, as guidance prints it: 9 for kMin 11. */
  readonly percent: number;
  /** The smallest class whose risk does not exceed that percentage to the letter: 12 for 9 %, as 1/11 is above 0.09. */
  readonly kMinToTheLetter: number;
}

/** Class sizes that the report names beside the configured one: τ 0.2, 0.09 and 0.05. */
export const REPORTED_K: readonly number[] = [5, 11, 20];

/** Smallest class by release context: EMA policy 0070 and Health Canada's PRCI ask 11 of what is made public. */
export const K_MIN_DEFAULT = { public: 11, controlled: 5 } as const;

/** Above it whole percents say nothing. */
const K_MIN_MAX = 100;

/**
 * Both readings of a threshold. "0.09" is read as classes of 11 by the guidance that coined it and as classes of 12 by
 * tools that compare numbers: so thresholds are whole class sizes. Throws THRESHOLD_INVALID unless 1 <= kMin <= 100.
 */
export function threshold(kMin: number): Threshold {
  if (!Number.isInteger(kMin) || kMin < 1 || kMin > K_MIN_MAX) {
    throw new DeidentificationError(
      'THRESHOLD_INVALID',
      `a threshold is a class size: a whole number of 1 to ${K_MIN_MAX}`,
    );
  }
  const percent = Math.floor(100 / kMin);
  return { kMin, highestRisk: 1 / kMin, percent, kMinToTheLetter: Math.ceil(100 / percent) };
}
