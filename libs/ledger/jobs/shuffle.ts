import type { RandomBytes } from '@aceso/kernel';

const RANGE = 2 ** 32;

/**
 * A new array in an order that nobody can foretell (Fisher and Yates, with numbers from a cryptographic source and
 * without modulo bias): the order of a batch must not tell in which order people acted (privacy-and-keys 7).
 */
export function shuffled<Item>(items: readonly Item[], randomBytes: RandomBytes): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const pick = below(last + 1, randomBytes);
    [result[last], result[pick]] = [result[pick] as Item, result[last] as Item];
  }
  return result;
}

/** A whole number from 0 to bound - 1; numbers of the incomplete last run are thrown away. */
function below(bound: number, randomBytes: RandomBytes): number {
  const end = RANGE - (RANGE % bound);
  for (;;) {
    const bytes = randomBytes(4);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
    if (value < end) return value % bound;
  }
}
