import { assert } from '@aceso/kernel';

/** From here on the asymptotic series below are exact to the last digits of a double. */
const SERIES_FROM = 12;

/** B(2n) / (2n (2n−1)), n = 1 … 8: coefficients of Stirling's series (NIST DLMF 5.11.1). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156, -3617 / 122_400];
/** B(2n) / (2n), n = 1 … 8: coefficients of the digamma function's series (NIST DLMF 5.11.2). */
const DIGAMMA = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32_760, 1 / 12, -3617 / 8160];

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  assert(x > 0, 'the gamma function is asked for a number above zero');
  let product = 1;
  let at = x;
  for (; at < SERIES_FROM; at += 1) product *= at;
  const square = 1 / (at * at);
  const series = STIRLING.reduceRight((sum, coefficient) => sum * square + coefficient, 0) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}

/** ψ(x) = d/dx ln Γ(x) for x > 0. */
export function digamma(x: number): number {
  assert(x > 0, 'the digamma function is asked for a number above zero');
  let shift = 0;
  let at = x;
  for (; at < SERIES_FROM; at += 1) shift += 1 / at;
  const square = 1 / (at * at);
  const series = DIGAMMA.reduceRight((sum, coefficient) => sum * square + coefficient, 0) * square;
  return Math.log(at) - 0.5 / at - series - shift;
}
