import { UNIT_MENU_MINOR } from '@aceso/consent/domain';
import { assert } from '@aceso/kernel';

/** Fewest persons that an order is priced for, so that a small order does not show in its price. */
export const PERSONS_MAX_LEAST = 15;
/** `personsMax` is a multiple of this. */
export const PERSONS_STEP = 5;

/** A firm price: at most so many persons, at most so much money; what is not spent comes back. */
export interface Quote {
  readonly personsMax: number;
  readonly unitMinor: bigint;
  readonly escrowMinor: bigint;
}

/** The quote for a request to which `granted` persons have said yes so far. */
export function quote(granted: number, unitMinor: number): Quote {
  assert(Number.isSafeInteger(granted) && granted >= 0, 'the number of grants is a whole number from zero');
  assert(
    UNIT_MENU_MINOR.some((price) => price === unitMinor),
    'the price is on the menu',
  );
  const personsMax = Math.max(PERSONS_MAX_LEAST, Math.ceil(granted / PERSONS_STEP) * PERSONS_STEP);
  return { personsMax, unitMinor: BigInt(unitMinor), escrowMinor: BigInt(personsMax) * BigInt(unitMinor) };
}
