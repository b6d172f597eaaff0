import { dayNumber, dayText, firstOfQuarter, parseDays, type DayNumber, type DaySpan } from './calendar';
import type { DateRule } from './policy';
import type { RecordSpan } from './record-spans';

/** The shifted days between which events of a sale leave, both ends included. */
export interface EventWindow {
  readonly first: DayNumber;
  readonly last: DayNumber;
}

/** The windows of one source record. */
export interface EventWindows {
  /** Of what was done. */
  readonly acts: readonly EventWindow[];
  /** Of what began or ended in the person's life, which may be long before the record does. */
  readonly life: readonly EventWindow[];
}

/**
 * [start + R, end − R] on shifted dates, where start is the first quarter that begins in the source record and end the
 * quarter in which it ends: neither depends on the shift, so where a dense stream begins and ends is the same under every
 * shift and tells those two quarters at most. Whoever knows the day of a first record or of an export cannot subtract it.
 *
 * An onset may lie before the record: it leaves where it surely does (before start − R, whatever the shift), and inside
 * the window. The earliest start is the first day of the earliest year that does not show an age of 90 or more. Without
 * a shift R is 0, and the record date is the only end.
 */
export function eventWindows(
  span: RecordSpan,
  { asOf, rule, historyYearsMax }: { asOf: DayNumber; rule: DateRule; historyYearsMax: number },
): EventWindows {
  const earliest = dayNumber(Number(dayText(asOf).slice(0, 4)) - historyYearsMax, 1, 1);
  if (rule.kind === 'year') {
    const years = [{ first: earliest, last: asOf }];
    return { acts: years, life: years };
  }
  if (span.last === -Infinity) return { acts: [], life: [] };
  const margin = rule.daysMax;
  const last = firstOfQuarter(span.last) - margin;
  if (span.first === Infinity) return { acts: [], life: [{ first: earliest + margin, last }] };
  const began = firstOfQuarter(span.first);
  const start = began === span.first ? began : firstOfQuarter(began, 1);
  const window = { first: Math.max(earliest, start) + margin, last };
  return { acts: [window], life: [{ first: earliest + margin, last: Math.min(last, began - margin - 1) }, window] };
}

/** What a date of one person becomes in this sale; `undefined` when it does not leave. */
export type ReleasedDate = (text: string) => string | undefined;

/** Distinct dates kept a source record; one with more is still right, only slower. */
const CACHED_DATES_MAX = 20_000;

/**
 * The dates of one person. A date without a day stands for all the days it covers. Under a shift a month is released as
 * the year that holds all its shifted days, if there is one; a year is never released: unshifted it would bound the shift
 * against the person's other dates, shifted it would be false. Precision is never gained.
 */
export function releasedDates(rule: DateRule, shiftDays: number, windows: readonly EventWindow[]): ReleasedDate {
  const release = rule.kind === 'shift' ? shifted(shiftDays, windows) : yearly(windows);
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

function shifted(shiftDays: number, windows: readonly EventWindow[]) {
  return (span: DaySpan): string | undefined => {
    const [first, last] = [span.first + shiftDays, span.last + shiftDays];
    if (!windows.some((window) => first >= window.first && last <= window.last)) return undefined;
    if (first === last) return dayText(first);
    const [from, to] = [dayText(first).slice(0, 4), dayText(last).slice(0, 4)];
    return from === to ? from : undefined;
  };
}

function yearly(windows: readonly EventWindow[]) {
  return ({ first }: DaySpan): string | undefined => {
    if (!windows.some((window) => first >= window.first && first <= window.last)) return undefined;
    return dayText(first).slice(0, 4); // the days of a span lie in one year
  };
}
