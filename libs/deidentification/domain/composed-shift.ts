import { assert, utf8, type HmacSha256 } from '@aceso/kernel';
import { evenChoices } from './pseudonym';

const BASE_DOMAIN = 'aceso/date-shift-base/v1';
/** Of the window, the part in which the shifts of one person differ from order to order. */
const SPREAD_SHARE = 1 / 6;
const DIGESTS_MAX = 100;

/*
 * Shifts that are drawn anew in every order narrow a date: shown as d1 and d2 it lies within daysMax of both, and the mean
 * over many orders is the date. One shift for all orders would join them by their dates. So a person's shift is a base,
 * the same in every order, plus a few days that are different in each: whoever joined all orders of a person, knows the
 * few days of each and not the base. See docs/adr/0020-composition.md.
 */

/** Days by which the shift of an order may lie beside the person's base, either way. */
export function shiftSpreadDays(daysMax: number): number {
  assert(Number.isInteger(daysMax) && daysMax >= 3, 'a window for several orders has three days or more, either way');
  return Math.max(1, Math.floor(daysMax * SPREAD_SHARE));
}

/**
 * The base of a person's shifts in all orders: uniform in [−(daysMax − e), −(e + 1)] and [e + 1, daysMax − e], e the spread,
 * so that base and spread together are never 0 and never beyond daysMax. `key` belongs to the instance, not to an order.
 */
export function shiftBaseDays(
  person: string,
  { key, hmac, daysMax }: { readonly key: Uint8Array; readonly hmac: HmacSha256; readonly daysMax: number },
): number {
  const spread = shiftSpreadDays(daysMax);
  const magnitudes = daysMax - 2 * spread;
  for (let n = 0; n < DIGESTS_MAX; n += 1) {
    const [choice] = evenChoices(hmac(key, utf8(`${BASE_DOMAIN}\0${person}\0${n}`)), 2 * magnitudes);
    if (choice === undefined) continue;
    const days = spread + 1 + (choice % magnitudes);
    return choice < magnitudes ? days : -days;
  }
  throw new Error('no base could be drawn for this person');
}

/**
 * Days on which an event may have been, all of them equally likely, to whoever has joined all orders of a person, however
 * many, and knows everything but the base and one true date.
 */
export function possibleDaysMin(daysMax: number): number {
  return 2 * (daysMax - 2 * shiftSpreadDays(daysMax));
}
