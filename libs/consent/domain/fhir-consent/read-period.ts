import type { JsonObject } from '@aceso/fhir';
import type { PermissionRule, RuleCategory } from '../permission/rule';
import { elementOf, malformed, onlyMembers, refuse } from './reading';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$/;
const DAY_SECONDS = 86_400;

/**
 * `Period` as the time in which a rule is in force. The end is included (FHIR R4 2.24.0.11): the whole day or second. A day
 * is one of UTC. A start before 1970 is no limit, as every decision is later; an end before it is in force never.
 */
export function readPeriod(parent: JsonObject, name: string, path: string): PermissionRule['period'] {
  const period = elementOf(parent, name, path);
  if (!period) return undefined;
  const at = `${path}.${name}`;
  onlyMembers(period, ['start', 'end'], at);
  const start = secondsOf(period.start, `${at}.start`);
  const end = secondsOf(period.end, `${at}.end`);
  if (end && end.first + end.length <= 0) refuse(`${at}.end`, 'ended before 1970');
  if (start && end && end.first + end.length <= start.first) malformed(at, 'ends before it begins');
  const from = start && start.first > 0 ? start.first : undefined;
  if (from === undefined && !end) return undefined;
  return { ...(from !== undefined && { from }), ...(end && { until: end.first + end.length }) };
}

/** `dataPeriod` as the days on which what is spoken of began. */
export function readDays(parent: JsonObject, path: string): RuleCategory['days'] {
  const period = elementOf(parent, 'dataPeriod', path);
  if (!period) return undefined;
  const at = `${path}.dataPeriod`;
  onlyMembers(period, ['start', 'end'], at);
  const from = dayOf(period.start, `${at}.start`);
  const to = dayOf(period.end, `${at}.end`);
  if (from === undefined && to === undefined) malformed(at, 'has neither start nor end');
  if (from !== undefined && to !== undefined && from > to) malformed(at, 'ends before it begins');
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function dayOf(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !DAY.test(value)) refuse(path, 'rules speak of whole days: YYYY-MM-DD');
  if (!isDay(value) || value < '1800-01-01') refuse(path, 'is no day since 1800');
  return value;
}

function secondsOf(value: unknown, path: string): { first: number; length: number } | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && DAY.test(value) && isDay(value)) {
    return { first: Date.parse(value) / 1000, length: DAY_SECONDS };
  }
  if (typeof value === 'string' && MOMENT.test(value) && isDay(value.slice(0, 10))) {
    const seconds = Date.parse(value) / 1000;
    if (Number.isInteger(seconds)) return { first: seconds, length: 1 };
  }
  return refuse(path, 'give a day, or a second with its offset from UTC');
}

function isDay(value: string): boolean {
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}
