import { stateNumber, SEXES } from '@aceso/register/domain';
import type { ConceptSet } from '../concept-set';
import { bornAtEarliest, bornAtLatest } from '../age';
import type { Criteria, Entry, EventKind, Rule } from '../criteria';
import { eventOf, type EventQuery } from '../event';
import { valueLimits } from './value-limits';

/** Limits, included; undefined where there is none. */
export interface Limits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What one event asks of the columns. Days count from 1970-01-01. */
export interface Scan {
  /** Numbers of the codes whose columns are read. */
  readonly codes: readonly number[];
  /** Limits of the number for each of the codes, in the unit that is part of the code. */
  readonly values?: readonly Limits[] | undefined;
  readonly dated?: Limits | undefined;
  /** Full years of age at the event. */
  readonly age?: Limits | undefined;
  /** Days from the entry to the event. */
  readonly within?: Limits | undefined;
  readonly times?: Limits | undefined;
  /** Rules that hold from the day of the event, in place of the entry. */
  readonly around?: readonly PlannedRule[] | undefined;
}

export type PlannedRule =
  | { readonly join: 'all' | 'any' | 'none'; readonly rules: readonly PlannedRule[] }
  | { readonly join: 'atLeast'; readonly least: number; readonly rules: readonly PlannedRule[] }
  /** Limits of the first and of the last month of birth, in months since year 0. */
  | { readonly born: { readonly lastMax?: number | undefined; readonly firstMin?: number | undefined } }
  | { readonly agedAtEntry: Limits }
  /** Places in SEXES. */
  | { readonly sexes: readonly number[] }
  | { readonly states: readonly number[]; readonly zip3: readonly number[] }
  | { readonly event: Scan };

/** Criteria as numbers: what a thread needs to evaluate them, without any code or text. */
export interface Plan {
  readonly entry?: { readonly pick: 'first' | 'last' | 'any'; readonly scans: readonly Scan[] };
  readonly all: readonly PlannedRule[];
}

/** Which facts an event is among: what their columns are found by. */
export interface CodeQuery {
  readonly kind: EventKind;
  /** Codes that stand in the event itself are a set of them. */
  readonly set: ConceptSet;
  /** The coded results that are asked for. */
  readonly result?: ConceptSet | undefined;
  readonly device?: true | undefined;
  readonly unit?: string | undefined;
}

/** A code whose facts are read; `toUnit` turns a limit of the criteria into the unit of the code where the two differ. */
export interface ReadCode {
  readonly number: number;
  /** As `FactCode` has it. */
  readonly comparator: string;
  readonly toUnit?: ((limit: number) => number) | undefined;
}
type CodesOf = (query: CodeQuery) => readonly ReadCode[];

const DAY_MS = 86_400_000;

/** The events of criteria, each with the facts that it is among: first those of the entry, then those of rules in their order. */
export function eventsIn(criteria: Criteria): CodeQuery[] {
  const found: CodeQuery[] = [];
  planOf(criteria, '1970-01-01', (query) => {
    found.push(query);
    return [];
  });
  return found;
}

/** All events that a plan scans for. */
export function scansOf({ entry, all }: Plan): Scan[] {
  const of = (scan: Scan): Scan[] => [scan, ...(scan.around ?? []).flatMap(inside)];
  const inside = (rule: PlannedRule): Scan[] =>
    'join' in rule ? rule.rules.flatMap(inside) : 'event' in rule ? of(rule.event) : [];
  return [...(entry?.scans ?? []).flatMap(of), ...all.flatMap(inside)];
}

/** Criteria as a plan for one record date (YYYY-MM-DD). `codesOf` is asked once an event, in the order of `eventsIn`. */
export function planOf({ sets = {}, entry, all }: Criteria, day: string, codesOf: CodesOf): Plan {
  const scan = (event: EventQuery): Scan => {
    const { around } = event.query;
    // The event itself comes before those around it.
    const alone = scanOf(event, sets, codesOf);
    return around ? { ...alone, around: around.map((rule) => ruleOf(rule, day, scan)) } : alone;
  };
  const planned = entry && entryOf(entry, scan);
  return { ...(planned && { entry: planned }), all: all.map((rule) => ruleOf(rule, day, scan)) };
}

type ToScan = (event: EventQuery) => Scan;

function entryOf(entry: Entry, scan: ToScan): Plan['entry'] {
  const [pick, events] =
    'first' in entry
      ? (['first', entry.first] as const)
      : 'last' in entry
        ? (['last', entry.last] as const)
        : (['any', entry.any] as const);
  return { pick, scans: events.map((event) => scan(eventOf(event)!)) };
}

function ruleOf(rule: Rule, day: string, scan: ToScan): PlannedRule {
  const inside = (rules: readonly Rule[]) => rules.map((each) => ruleOf(each, day, scan));
  if ('all' in rule) return { join: 'all', rules: inside(rule.all) };
  if ('any' in rule) return { join: 'any', rules: inside(rule.any) };
  if ('none' in rule) return { join: 'none', rules: inside(rule.none) };
  if ('of' in rule) return { join: 'atLeast', least: rule.atLeast, rules: inside(rule.of) };
  if ('age' in rule) return rule.age.at ? { agedAtEntry: limits(rule.age) } : { born: bornBy(rule.age, day) };
  // Nobody else is found at all: `FOUND`.
  if ('alive' in rule) return { join: 'all', rules: [] };
  if ('sex' in rule) return { sexes: rule.sex.map((sex) => SEXES.indexOf(sex)) };
  if ('region' in rule) {
    return {
      states: rule.region.filter((each) => each.length === 2).map(stateNumber),
      zip3: rule.region.filter((each) => each.length === 3).map(Number),
    };
  }
  return { event: scan(eventOf(rule)!) };
}

function scanOf({ kind, query }: EventQuery, sets: NonNullable<Criteria['sets']>, codesOf: CodesOf): Scan {
  const { value, result, device, dated, age, within, times } = query;
  const asked = {
    ...(result && { result: setOf(result, sets) }),
    ...(device && { device }),
    ...(value?.unit && { unit: value.unit }),
  };
  const read = codesOf({ kind, set: setOf(query, sets), ...asked }).flatMap((code) => {
    const limited = value && valueLimits(value, code);
    return value && !limited ? [] : { number: code.number, limits: limited };
  });
  return {
    codes: read.map(({ number }) => number),
    ...(value && { values: read.map((code) => code.limits!) }),
    ...(dated && { dated: { min: dayNumber(dated.from), max: dayNumber(dated.to) } }),
    ...(age && { age: limits(age) }),
    ...(within && { within: { min: within.from, max: within.to } }),
    ...(times && { times: limits(times) }),
  };
}

function setOf(
  { system, codes, set }: NonNullable<EventQuery['query']['result']>,
  sets: NonNullable<Criteria['sets']>,
): ConceptSet {
  if (set !== undefined) return sets[set]!;
  return { include: [{ ...(system !== undefined && { system }), codes: codes! }] };
}

const limits = ({ min, max }: Limits): Limits => ({ min, max });
const dayNumber = (day: string | undefined) => (day === undefined ? undefined : Date.parse(day) / DAY_MS);

function bornBy({ min, max }: Limits, day: string) {
  return {
    lastMax: min === undefined ? undefined : monthNumber(bornAtLatest(day, min)),
    firstMin: max === undefined ? undefined : monthNumber(bornAtEarliest(day, max)),
  };
}

/** Months since year 0. */
const monthNumber = (month: string): number => Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
