import type { RandomBytes } from '@aceso/kernel';
import type { RuleMethod } from './configuration';
import type { ElementNode } from './element-tree';
import type { SecurityLabel } from './security-labels';

/** Least value by type of number: what a type does not allow is not written. */
const LEAST: { readonly [type: string]: number } = {
  decimal: -Infinity,
  integer: -Infinity,
  unsignedInt: 0,
  positiveInt: 1,
};
/** Beyond it a JavaScript number has no decimal places to round. */
const DIGITS_MAX = 15;

/** Adds noise, uniform in [−span / 2, span / 2] (proportional: of so many times the value), and rounds. */
export function perturb(
  element: ElementNode,
  method: Extract<RuleMethod, { kind: 'perturb' }>,
  randomBytes: RandomBytes,
): SecurityLabel | undefined {
  const least = LEAST[element.kind.type];
  if (least === undefined || element.value === undefined) return undefined;
  const value = Number(element.value);
  if (!Number.isFinite(value)) throw new TypeError('no number');
  const span = method.rangeType === 'fixed' ? method.span : Math.abs(value) * method.span;
  const places = element.kind.type === 'decimal' ? Math.min(method.roundTo, DIGITS_MAX) : 0;
  const noisy = Number((value + (fraction(randomBytes) - 0.5) * span).toFixed(places));
  element.value = Math.max(least, noisy) + 0; // no negative zero
  return 'perturbed';
}

/** Uniform in [0, 1) with 53 bits. */
function fraction(randomBytes: RandomBytes): number {
  const bytes = randomBytes(8);
  const bits = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) >> 11n;
  return Number(bits) / 2 ** 53;
}
