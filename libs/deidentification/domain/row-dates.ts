import { parseDays, type DayNumber } from './calendar';
import type { JsonMembers } from './element-rules';
import type { ElementRules, Policy, ResourceRule } from './policy';
import { RESOURCE_RULES } from './rules/resource-rules';

/** Reads the day of one date or period; Infinity when it holds none. */
type ReadDay = (value: unknown) => DayNumber;

interface TypeDates {
  /** The elements that place a row, in order of preference. */
  readonly placing: readonly string[];
  readonly earliest: ReadDay;
}

type Resources = Policy['resources'];

const known = new WeakMap<Resources, ReadonlyMap<unknown, TypeDates>>();

/** Where the rows of a type hold dates, compiled once a policy. */
function datesUnder(resources: Resources): ReadonlyMap<unknown, TypeDates> {
  let dates = known.get(resources);
  if (!dates) {
    dates = new Map(Object.entries(resources).map(([type, rule]) => [type, datesOf(rule)]));
    known.set(resources, dates);
  }
  return dates;
}

/**
 * Day that places a released row in time: of the first of its type's dates that it holds. `resources` are those of the
 * policy that released it; without them the widest of the shipped policies.
 */
export function firstDay(row: JsonMembers, resources: Resources = RESOURCE_RULES): DayNumber | undefined {
  for (const element of datesUnder(resources).get(row['resourceType'])?.placing ?? []) {
    const day = dayOf(row[element]);
    if (day !== Infinity) return day;
  }
  return undefined;
}

/** Earliest day of all dates in a released row, also of those inside of its elements; Infinity when it holds none. */
export function earliestDay(row: JsonMembers, resources: Resources = RESOURCE_RULES): DayNumber {
  return datesUnder(resources).get(row['resourceType'])?.earliest(row) ?? Infinity;
}

function datesOf({ dates, elements }: ResourceRule): TypeDates {
  return { placing: dates, earliest: earliestOf(elements) ?? (() => Infinity) };
}

/** Compiles the search once a type; undefined when none of the elements can hold a date. */
function earliestOf(rules: ElementRules): ReadDay | undefined {
  const readers = Object.entries(rules).flatMap(([name, rule]): [string, ReadDay][] => {
    if (rule === 'date' || rule === 'period') return [[name, dayOf]];
    if (typeof rule === 'string') return [];
    const inner = 'each' in rule ? earliestOf(rule.each) : 'one' in rule ? earliestOf(rule.one) : undefined;
    return inner ? [[name, inner]] : [];
  });
  if (readers.length === 0) return undefined;
  const ofObject = (value: JsonMembers): DayNumber =>
    readers.reduce((least, [name, read]) => {
      const member = value[name];
      return member === undefined ? least : Math.min(least, read(member));
    }, Infinity);
  return (value) => {
    if (!Array.isArray(value)) return ofObject(value as JsonMembers);
    return (value as JsonMembers[]).reduce((least, item) => Math.min(least, ofObject(item)), Infinity);
  };
}

/** A period counts from its start, or from its end when that is all it says. */
function dayOf(value: unknown): DayNumber {
  if (typeof value === 'string') return parseDays(value)?.first ?? Infinity;
  if (typeof value !== 'object' || value === null) return Infinity;
  const { start, end } = value as { readonly start?: unknown; readonly end?: unknown };
  return dayOf(typeof start === 'string' ? start : (end ?? undefined));
}
