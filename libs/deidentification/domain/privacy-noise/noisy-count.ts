import { assert } from '@aceso/kernel';
import { discreteLaplace, type Epsilon } from './discrete-laplace';
import type { RandomSource } from './random-source';

/** A count with noise as it may be shown: null below the threshold, else from the threshold on. */
export interface NoisyCount {
  readonly noisy: number | null;
  readonly suppressed: boolean;
}

/**
 * ε-differentially private count of distinct persons: one person changes the true count by 1 at most. Clipped at zero and
 * held against `threshold` only after the noise, which costs no privacy.
 */
export function noisyCount(
  trueCount: number,
  {
    epsilon,
    random,
    threshold,
  }: { readonly epsilon: Epsilon; readonly random: RandomSource; readonly threshold: number },
): NoisyCount {
  assert(Number.isSafeInteger(trueCount) && trueCount >= 0, 'a count is a whole number from zero');
  const noisy = Math.max(0, trueCount + discreteLaplace(epsilon, random));
  return noisy < threshold ? { noisy: null, suppressed: true } : { noisy, suppressed: false };
}
