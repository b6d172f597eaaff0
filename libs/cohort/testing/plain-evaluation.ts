import { bornAtEarliest, bornAtLatest } from '../domain/age';
import { rulesIn } from '../domain/criteria-document';
import type { Criteria, Entry, EventKind, Rule } from '../domain/criteria';
import { eventOf, type EventQuery } from '../domain/event';

/** One person as the index knows it. Births are YYYY-MM, or YYYY where the month is not known. */
export interface IndexedRecord {
  readonly birthMonth: string | null;
  readonly sex: string;
  readonly zip3: string | null;
  readonly state: string | null;
  readonly facts: readonly IndexedFact[];
}

export interface IndexedFact {
  readonly kind: EventKind;
  readonly system: string;
  readonly code: string;
  /** YYYY-MM-DD. */
  readonly start: string | null;
  readonly value: number | null;
  readonly unit: string;
  /** `<`, `<=`, `>=`, `>` or ''. */
  readonly comparator: string;
  readonly resultSystem: string;
  readonly result: string;
  readonly device: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Whether the rules of a cohort hold for one person: what the words of the criteria mean, fact by fact. `day` is the record
 * date. The query that `select` makes is compared with it.
 */
export function isInCohort({ sets = {}, entry, all }: Criteria, record: IndexedRecord, day: string): boolean {
  if (!entry) return all.every((rule) => holds(rule, record, { sets, day }));
  return entryDays(entry, record, { sets, day }).some((entryDay) =>
    all.every((rule) => holds(rule, record, { sets, day, entryDay })),
  );
}

type Sets = NonNullable<Criteria['sets']>;
type Range = NonNullable<EventQuery['query']['value']>;
type Named = NonNullable<EventQuery['query']['result']>;
interface At {
  readonly sets: Sets;
  readonly day: string;
  readonly entryDay?: string;
}

function entryDays(entry: Entry, record: IndexedRecord, at: At): string[] {
  const events = 'first' in entry ? entry.first : 'last' in entry ? entry.last : entry.any;
  const found = record.facts.filter((fact) => events.some((each) => matches(eventOf(each)!, fact, record, at)));
  const days = found.flatMap(({ start }) => start ?? []).sort();
  if ('first' in entry) return days.slice(0, 1);
  return 'last' in entry ? days.slice(-1) : days;
}

function holds(rule: Rule, record: IndexedRecord, at: At): boolean {
  const held = (rules: readonly Rule[]): number => rules.filter((each) => holds(each, record, at)).length;
  if ('all' in rule) return held(rule.all) === rule.all.length;
  if ('any' in rule) return held(rule.any) > 0;
  if ('none' in rule) return held(rule.none) === 0;
  if ('of' in rule) return held(rulesIn(rule)) >= rule.atLeast;
  if ('age' in rule) return isAged(record.birthMonth, rule.age, rule.age.at ? at.entryDay : at.day);
  if ('alive' in rule) return true; // whoever has died is not among the persons that are asked about
  if ('sex' in rule) return (rule.sex as readonly string[]).includes(record.sex);
  if ('region' in rule) return [record.state, record.zip3].some((each) => each !== null && rule.region.includes(each));
  return happened(eventOf(rule)!, record, at);
}

function happened(event: EventQuery, record: IndexedRecord, at: At): boolean {
  const found = record.facts.filter((fact) => matches(event, fact, record, at));
  const days = new Set(found.map(({ start }) => start)).size;
  return isBetween(days, event.query.times ?? { min: 1 });
}

function matches({ kind, query }: EventQuery, fact: IndexedFact, record: IndexedRecord, at: At): boolean {
  const { sets, entryDay } = at;
  const { value, result, device, dated, within, age, around } = query;
  if (fact.kind !== kind || (device && !fact.device)) return false;
  if (!isNamed(query, fact, sets)) return false;
  if (result && (fact.result === '' || !isNamed(result, { system: fact.resultSystem, code: fact.result }, sets)))
    return false;
  if (value && !isValued(value, fact)) return false;
  if (dated && !isBetween(fact.start, { min: dated.from, max: dated.to })) return false;
  if (within && !isBetween(daysBetween(entryDay, fact.start), { min: within.from, max: within.to })) return false;
  if (age && !isAged(record.birthMonth, age, fact.start)) return false;
  const { start } = fact;
  return !around || (start !== null && around.every((rule) => holds(rule, record, { ...at, entryDay: start })));
}

/** What tests have of a code system: s, where a is above b and b above c. */
export const TEST_PARENTS = [
  { code: 'b', parent: 'a' },
  { code: 'c', parent: 'b' },
] as const;

type Coding = Pick<IndexedFact, 'system' | 'code'>;

function isNamed({ system, codes, set }: Named, coding: Coding, sets: Sets): boolean {
  return codes ? isOf({ system, codes }, coding) : isInSet(sets[set!]!, coding);
}

function isInSet({ include, exclude = [] }: Sets[string], fact: Coding): boolean {
  return include.some((part) => isOf(part, fact)) && !exclude.some((part) => isOf(part, fact));
}

function isOf(
  part: {
    readonly system?: string | undefined;
    readonly codes: readonly string[];
    readonly descendants?: true | undefined;
  },
  fact: Coding,
): boolean {
  if (part.system !== undefined && fact.system !== part.system) return false;
  if (part.codes.includes(fact.code)) return true;
  if (!part.descendants || fact.system !== 's') return false;
  return TEST_PARENTS.some(({ code, parent }) => code === fact.code && isOf(part, { system: 's', code: parent }));
}

/** The units that tests use, by dimension, in thousandths of a gram and of a gram a litre. */
const UNITS: { readonly [unit: string]: readonly [dimension: string, size: number] } = {
  mg: ['mass', 1],
  g: ['mass', 1000],
  'mg/dL': ['mass concentration', 10],
  'mg/L': ['mass concentration', 1],
};

/** The number of the fact in the unit that is asked for, or all numbers that it may stand for, are in the range. Tests write round numbers. */
function isValued(asked: Range, { value, unit, comparator }: IndexedFact): boolean {
  if (value === null) return false;
  if (asked.unit === undefined || asked.unit === unit) return isWithin(asked, value, comparator);
  const [from, to] = [UNITS[unit], UNITS[asked.unit]];
  return from !== undefined && to?.[0] === from[0] && isWithin(asked, (value * from[1]) / to[1], comparator);
}

const MUCH = 1e9;
const LITTLE = 1e-6;

/** Looks at numbers that a bound stands for: those nearest to it, and one far away. */
function isWithin({ min, above, max, below }: Range, bound: number, comparator: string): boolean {
  const stand: { readonly [comparator: string]: readonly number[] } = {
    '': [bound],
    '<': [bound - LITTLE, -MUCH],
    '<=': [bound, -MUCH],
    '>=': [bound, MUCH],
    '>': [bound + LITTLE, MUCH],
  };
  return stand[comparator]!.every(
    (each) =>
      (min === undefined || each >= min) &&
      (above === undefined || each > above) &&
      (max === undefined || each <= max) &&
      (below === undefined || each < below),
  );
}

/** What nobody knows lies between no limits. */
function isBetween<T extends number | string>(
  value: T | null,
  { min, max }: { readonly min?: T | undefined; readonly max?: T | undefined },
): boolean {
  return value !== null && (min === undefined || value >= min) && (max === undefined || value <= max);
}

function isAged(
  birth: string | null,
  { min, max }: { readonly min?: number | undefined; readonly max?: number | undefined },
  day: string | null | undefined,
): boolean {
  if (birth === null || !day) return false;
  const [latest, earliest] = [`${birth}-12`, `${birth}-01`].map((each) => each.slice(0, 'YYYY-MM'.length)) as [
    string,
    string,
  ];
  return (
    (min === undefined || latest <= bornAtLatest(day, min)) &&
    (max === undefined || earliest >= bornAtEarliest(day, max))
  );
}

function daysBetween(from: string | undefined, to: string | null): number | null {
  return from === undefined || to === null ? null : (Date.parse(to) - Date.parse(from)) / DAY_MS;
}
