import { readDay } from './read-day';
import { objectOf, textOf, type JsonObject } from './resource';

const DAY_MS = 86_400_000;
const DATE_LENGTH = 'YYYY-MM-DD'.length;
/** A stream longer than eleven years, or of more samples than eleven days have seconds, is read as far as this. */
export const STREAM_DAYS_MAX = 4_000;
const SAMPLES_MAX = 1_000_000;
const LAST_DAY = Date.UTC(9999, 11, 31) / DAY_MS;
/** Digits of a mean: more than any sensor has, and few enough to be kept as a whole number. */
const DIGITS = 6;
const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
/** Above or below what the sensor can tell. */
const BEYOND: ReadonlySet<string> = new Set(['U', 'L']);
const CLOCK = /T(\d{2}):(\d{2})(?::(\d{2}))?/;

/** The mean of a day's samples. */
export interface DailyMean {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly mean: number;
}

/**
 * The mean of each day of a stream in one dimension (FHIR R4 SampledData: `data` are numbers `period` milliseconds apart, times `factor` plus
 * `origin`; E is none). `start` is a FHIR dateTime, its clock as written; without a time of day it is midnight. Days without a sample have none, nor have
 * those on which one was above or below what can be measured (U, L), streams of several dimensions and those that do not begin on a known day.
 */
export function dailyMeans(samples: JsonObject, start: string | undefined): DailyMean[] {
  const [first, period, data] = [clockOf(start), samples.period, textOf(samples.data)];
  const { value: origin } = objectOf(samples.origin);
  const { dimensions, factor = 1 } = samples;
  if (first === undefined || data === undefined || dimensions !== 1) return [];
  if (typeof origin !== 'number' || typeof factor !== 'number' || typeof period !== 'number' || period < 0) return [];
  const sums = new Map<number, { sum: number; n: number }>();
  const until = Math.min(Math.floor(first / DAY_MS) + STREAM_DAYS_MAX - 1, LAST_DAY);
  let at = -1;
  for (const [token] of data.matchAll(/\S+/g)) {
    at += 1;
    const day = Math.floor((first + at * period) / DAY_MS);
    if (day > until || at >= SAMPLES_MAX) break;
    if (!BEYOND.has(token) && !DECIMAL.test(token)) continue;
    const number = BEYOND.has(token) ? NaN : origin + factor * Number(token);
    const { sum, n } = sums.get(day) ?? { sum: 0, n: 0 };
    sums.set(day, { sum: sum + number, n: n + 1 });
  }
  return [...sums].flatMap(([day, { sum, n }]) => {
    const mean = sum / n;
    if (!Number.isFinite(mean)) return [];
    const date = new Date(day * DAY_MS).toISOString().slice(0, DATE_LENGTH);
    return { day: date, mean: Number(mean.toPrecision(DIGITS)) };
  });
}

/** Milliseconds since 1970 of a clock that knows no time zones. */
function clockOf(start: string | undefined): number | undefined {
  const day = start !== undefined && start.length >= DATE_LENGTH ? readDay(start) : undefined;
  if (day === undefined) return undefined;
  const [, hours = '0', minutes = '0', seconds = '0'] = CLOCK.exec(start!) ?? [];
  return Date.parse(day) + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
