/** Halvings after which two doubles of any size are neighbours. */
const HALVINGS_MAX = 200;

/**
 * Where a continuous function crosses zero between two points, by bisection to the last digit; undefined when its signs
 * at both ends are the same. Deterministic.
 */
export function rootBetween(f: (x: number) => number, from: number, to: number): number | undefined {
  const sign = Math.sign(f(from));
  const other = Math.sign(f(to));
  if (sign === 0) return from;
  if (other === 0) return to;
  if (Number.isNaN(sign) || Number.isNaN(other) || sign === other) return undefined;
  let [low, high] = [from, to];
  for (let halving = 0; halving < HALVINGS_MAX; halving += 1) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (Math.sign(f(middle)) === sign) low = middle;
    else high = middle;
  }
  return low;
}
