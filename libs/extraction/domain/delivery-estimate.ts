import { assert } from '@aceso/kernel';

/** Orders from which a rate is taken, at least: the median of fewer would tell how large one of them was. The database keeps to it. */
export const RATE_ORDERS_MIN = 11;
/** The number of orders is told in steps. */
const ORDERS_STEP = 5;

/** How fast this instance made packages. */
export interface MeasuredRate {
  readonly orders: number;
  readonly secondsAPerson: number;
}

/** Seconds for a package of so many persons, rounded up to one digit: 83 is 90, and 1,204 is 2,000. */
export function estimatedSeconds(persons: number, { secondsAPerson }: MeasuredRate): number {
  assert(persons >= 0 && secondsAPerson >= 0, 'persons and rates are not negative');
  const seconds = Math.ceil(persons * secondsAPerson);
  const step = 10 ** Math.max(0, String(seconds).length - 1);
  return Math.ceil(seconds / step) * step;
}

/** The number of orders as it is told. */
export function toldOrders({ orders }: MeasuredRate): number {
  return Math.floor(orders / ORDERS_STEP) * ORDERS_STEP;
}
