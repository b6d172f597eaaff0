import type { EventQuery } from '../event';
import type { Limits, ReadCode } from './plan';

type Range = NonNullable<EventQuery['query']['value']>;

/**
 * The limits of the numbers of a code for which a range of criteria surely holds, in the unit of the code; undefined where it holds for none. A
 * number with a comparator (FHIR R4 Quantity.comparator) is all that is on one side of it, so all of that must be in the range: `<5` is below 5 and at most 6,
 * and nobody knows whether it is at least 4.
 */
export function valueLimits(
  { min, above, max, below }: Range,
  { toUnit = asIs, comparator }: Pick<ReadCode, 'toUnit' | 'comparator'>,
): Limits | undefined {
  const [low, high] = [min ?? above, max ?? below];
  if (comparator.startsWith('<') && low !== undefined) return undefined;
  if (comparator.startsWith('>') && high !== undefined) return undefined;
  // What is above 5 is all above 5: the bound itself is in, though 5 is not.
  const [leastIsIn, mostIsIn] = [min !== undefined || comparator === '>', max !== undefined || comparator === '<'];
  return {
    min: low === undefined ? undefined : leastIsIn ? toUnit(low) : nextUp(toUnit(low)),
    max: high === undefined ? undefined : mostIsIn ? toUnit(high) : -nextUp(-toUnit(high)),
  };
}

const asIs = (limit: number): number => limit;

/** The least double that is greater (IEEE 754-2019, 5.3.1): being above a number is being at least the next one. */
function nextUp(number: number): number {
  // Zero with a sign has the bits of the most negative whole number.
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, number === 0 ? 0 : number);
  bits.setBigInt64(0, bits.getBigInt64(0) + (number < 0 ? -1n : 1n));
  return bits.getFloat64(0);
}
