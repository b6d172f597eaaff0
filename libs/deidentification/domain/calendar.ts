/** Days of the proleptic Gregorian calendar as whole numbers; no clock and no time zone are involved. */

/** Days since 1970-01-01 (negative before). */
export type DayNumber = number;

/** First ten characters of a FHIR date, dateTime or instant that names a day, and what may follow them. */
const DAY = /^(\d{4})-(\d{2})-(\d{2})(?:T|$)/;
const MONTH = /^(\d{4})-(\d{2})$/;
const YEAR = /^(\d{4})$/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The days that a FHIR date stands for: one, a month of them, or a year. `undefined` when it is no date. */
export interface DaySpan {
  readonly first: DayNumber;
  readonly last: DayNumber;
}

/**
 * Parses `YYYY`, `YYYY-MM`, `YYYY-MM-DD` and everything that begins with a day and a `T`. The day is the local day as it
 * was written: a zone is not converted. FHIR R4 section 2.24.0.1 (dateTime).
 */
export function parseDays(text: string): DaySpan | undefined {
  const day = DAY.exec(text);
  if (day) {
    const [year, month, ofMonth] = [Number(day[1]), Number(day[2]), Number(day[3])];
    if (month < 1 || month > 12 || ofMonth < 1 || ofMonth > daysInMonth(year, month)) return undefined;
    const number = dayNumber(year, month, ofMonth);
    return { first: number, last: number };
  }
  const monthly = MONTH.exec(text);
  if (monthly) {
    const [year, month] = [Number(monthly[1]), Number(monthly[2])];
    if (month < 1 || month > 12) return undefined;
    return { first: dayNumber(year, month, 1), last: dayNumber(year, month, daysInMonth(year, month)) };
  }
  const yearly = YEAR.exec(text);
  if (!yearly) return undefined;
  return { first: dayNumber(Number(yearly[1]), 1, 1), last: dayNumber(Number(yearly[1]), 12, 31) };
}

function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : MONTH_DAYS[month - 1]!;
}

/** Day number of a civil date; eras of 400 years (146,097 days), years beginning in March. */
export function dayNumber(year: number, month: number, day: number): DayNumber {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** `YYYY-MM-DD` of a day number between the years 0 and 9999. */
export function dayText(number: DayNumber): string {
  const days = number + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** The first day of the quarter that holds a day, or of one so many quarters later. */
export function firstOfQuarter(day: DayNumber, quartersLater = 0): DayNumber {
  const text = dayText(day);
  const quarter = Math.floor((Number(text.slice(5, 7)) - 1) / 3) + quartersLater;
  return dayNumber(Number(text.slice(0, 4)) + Math.floor(quarter / 4), (quarter % 4) * 3 + 1, 1);
}

const padded = (value: number, width: number): string => String(value).padStart(width, '0');
