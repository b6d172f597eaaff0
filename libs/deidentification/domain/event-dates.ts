import { dayNumber, dayText, parseDays, type DayNumber, type DaySpan } from './calendar';
import type { DateRule } from './policy';

/** The shifted days between which events of a sale leave, both ends included. */
export interface EventWindow {
  readonly first: DayNumber;
  readonly last: DayNumber;
}

/**
 * [start + R, cutoff − R] on shifted dates: what is left says nothing about where the record really begins or ends, so
 * the end of the stream does not reveal the shift. The start is the first day of the earliest year that does not show an
 * age of 90 or more. Without a shift R is 0.
 */
export function eventWindow({
  asOf,
  rule,
  historyYearsMax,
}: {
  asOf: DayNumber;
  rule: DateRule;
  historyYearsMax: number;
}): EventWindow {
  const year = Number(dayText(asOf).slice(0, 4));
  const margin = rule.kind === 'shift' ? rule.daysMax : 0;
  return { first: dayNumber(year - historyYearsMax, 1, 1) + margin, last: asOf - margin };
}

/** What a date of one person becomes in this sale; `undefined` when it does not leave. */
export type ReleasedDate = (text: string) => string | undefined;

/** Distinct dates kept a person; a record with more is still right, only slower. */
const CACHED_DATES_MAX = 20_000;

/**
 * The dates of one person. A date without a day stands for all the days it covers. Under a shift a month is released as
 * the year that holds all its shifted days, if there is one; a year is never released: unshifted it would bound the shift
 * against the person's other dates, shifted it would be false. Precision is never gained.
 */
export function releasedDates(rule: DateRule, shiftDays: number, window: EventWindow): ReleasedDate {
  const release = rule.kind === 'shift' ? shifted(shiftDays, window) : yearly(window);
  const cache = new Map<string, string | undefined>();
  return (text) => {
    const day = text.charCodeAt(10) === T ? text.slice(0, 10) : text;
    const known = cache.get(day);
    if (known !== undefined || cache.has(day)) return known;
    const span = parseDays(text);
    const released = span && release(span);
    if (cache.size < CACHED_DATES_MAX) cache.set(day, released);
    return released;
  };
}

const T = 'T'.charCodeAt(0);

function shifted(shiftDays: number, window: EventWindow) {
  return ({ first, last }: DaySpan): string | undefined => {
    if (first + shiftDays < window.first || last + shiftDays > window.last) return undefined;
    if (first === last) return dayText(first + shiftDays);
    const [from, to] = [dayText(first + shiftDays).slice(0, 4), dayText(last + shiftDays).slice(0, 4)];
    return from === to ? from : undefined;
  };
}

function yearly(window: EventWindow) {
  return ({ first }: DaySpan): string | undefined => {
    if (first < window.first || first > window.last) return undefined;
    return dayText(first).slice(0, 4); // the days of a span lie in one year
  };
}
