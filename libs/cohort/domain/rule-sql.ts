import { labelsOf } from '@aceso/consent/domain';
import type { PartyId } from '@aceso/kernel';
import { bornAtEarliest, bornAtLatest } from './age';
import type { Criteria, Entry, EventKind, Rule } from './criteria';
import { eventOf, type EventQuery } from './event';

/** Takes a value, gives the placeholder under which the query finds it. */
export type Bind = (value: unknown) => string;

// A birth may be a year alone: a limit from above takes its December, one from below its January.
export const LATEST_BIRTH = `left(p.birth_month || '-12', 7)`;
export const EARLIEST_BIRTH = `left(p.birth_month || '-01', 7)`;

interface RuleContext {
  readonly day: string;
  readonly askerId?: PartyId;
}

/**
 * The rules of criteria as conditions on a person: `p` is its row in the index, `i` the map from its number to the person.
 * All text is made of the fixed pieces below.
 */
export function cohortConditions(bind: Bind, { entry, all }: Criteria, context: RuleContext): string[] {
  if (!entry) return all.map((rule) => condition(bind, rule, context));
  const fromEntry = ['e.day is not null', ...all.map((rule) => condition(bind, rule, context))];
  return [`exists (select from (${entryDays(bind, entry, context)}) e where ${fromEntry.join(' and ')})`];
}

/** The days from which the windows of a person are counted, as `day`. */
function entryDays(bind: Bind, entry: Entry, context: RuleContext): string {
  const [days, events] =
    'first' in entry
      ? ['min(f.start_date)', entry.first]
      : 'last' in entry
        ? ['max(f.start_date)', entry.last]
        : ['distinct f.start_date', entry.any];
  const matches = events.map((event) => `(${matching(bind, eventOf(event)!, context)})`);
  return `select ${days} as day from facts.fact f where f.index_no = p.index_no and (${matches.join(' or ')})`;
}

function condition(bind: Bind, rule: Rule, context: RuleContext): string {
  const joined = (rules: readonly Rule[], by: string) =>
    `(${rules.map((each) => condition(bind, each, context)).join(` ${by} `)})`;
  if ('all' in rule) return joined(rule.all, 'and');
  if ('any' in rule) return joined(rule.any, 'or');
  if ('none' in rule) return `not ${joined(rule.none, 'or')}`;
  if ('of' in rule) {
    const held = rule.of.map((each) => `(${condition(bind, each, context)})::integer`);
    return `${held.join(' + ')} >= ${bind(rule.atLeast)}::integer`;
  }
  if ('age' in rule) return rule.age.at ? ageOn(bind, rule.age, 'e.day') : ageAt(bind, rule.age, context.day);
  if ('sex' in rule) return `p.sex = any(${bind(rule.sex)}::text[])`;
  if ('region' in rule) return regions(bind(rule.region));
  return event(bind, eventOf(rule)!, context);
}

/** Unknown is no: nothing is derived from it, not even by `none`. */
const regions = (named: string): string =>
  `(coalesce(p.state = any(${named}::text[]), false) or coalesce(p.zip3 = any(${named}::text[]), false))`;

interface Years {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function ageAt(bind: Bind, { min, max }: Years, day: string): string {
  const sides = [];
  if (min !== undefined) sides.push(`${LATEST_BIRTH} <= ${bind(bornAtLatest(day, min))}::text`);
  if (max !== undefined) sides.push(`${EARLIEST_BIRTH} >= ${bind(bornAtEarliest(day, max))}::text`);
  return surely(sides);
}

/** The same at a day that the query finds. */
function ageOn(bind: Bind, { min, max }: Years, day: string): string {
  const month = (years: string, months: string) =>
    `to_char(date_trunc('month', ${day}) - make_interval(years => ${years}, months => ${months}), 'YYYY-MM')`;
  const sides = [];
  if (min !== undefined) sides.push(`${LATEST_BIRTH} <= ${month(`${bind(min)}::integer`, '1')}`);
  if (max !== undefined) sides.push(`${EARLIEST_BIRTH} >= ${month(`${bind(max)}::integer + 1`, '-1')}`);
  return surely(sides);
}

/** A birth that nobody knows is at no age, also where a rule asks for none of an age. */
const surely = (sides: readonly string[]): string => `coalesce(${sides.join(' and ')}, false)`;

function event(bind: Bind, { kind, query }: EventQuery, context: RuleContext): string {
  const from = `from facts.fact f where f.index_no = p.index_no and ${matching(bind, { kind, query }, context)}`;
  if (!query.times) return `exists (select ${from})`;
  const { min, max } = query.times;
  const days = `(select count(distinct coalesce(f.start_date, '-infinity')) ${from})`;
  const sides = [];
  if (min !== undefined) sides.push(`${days} >= ${bind(min)}::integer`);
  if (max !== undefined) sides.push(`${days} <= ${bind(max)}::integer`);
  return `(${sides.join(' and ')})`;
}

/** Which facts `f` of a person are the event. */
function matching(bind: Bind, { kind, query }: EventQuery, context: RuleContext): string {
  const sides = [`not f.superseded and f.kind = '${kind}' and f.code = any(${bind(query.codes)}::text[])`];
  const side = (text: string, value: unknown, type: string) => {
    if (value !== undefined) sides.push(`${text} ${bind(value)}::${type}`);
  };
  side('f.system =', query.system, 'text');
  side('f.value >=', query.value?.min, 'double precision');
  side('f.value <=', query.value?.max, 'double precision');
  side('f.unit =', query.value?.unit, 'text');
  side('f.start_date >=', query.dated?.from, 'date');
  side('f.start_date <=', query.dated?.to, 'date');
  side('f.start_date - e.day >=', query.within?.from, 'integer');
  side('f.start_date - e.day <=', query.within?.to, 'integer');
  if (query.age) sides.push(ageOn(bind, query.age, 'f.start_date'));
  return sides.join(' and ') + seen(bind, { kind, query }, context.askerId);
}

/** Resource types whose facts a criterion looks at. */
const TYPES: { readonly [Kind in EventKind]: string } = {
  allergy: `'AllergyIntolerance'`,
  condition: `'Condition'`,
  encounter: `'Encounter'`,
  immunization: `'Immunization'`,
  medication: `'MedicationAdministration', 'MedicationDispense', 'MedicationRequest', 'MedicationStatement'`,
  observation: `'Observation'`,
  procedure: `'Procedure'`,
};

/**
 * Facts that a person keeps back from research select nobody: who is in a cohort would tell them. Asked fact by fact, and
 * only of persons who have a rule that speaks of it.
 */
function seen(bind: Bind, { kind, query: { system, codes } }: EventQuery, askerId?: PartyId): string {
  const asker = askerId === undefined ? 'null::uuid' : `${bind(askerId)}::uuid`;
  const labels = Object.fromEntries(codes.map((code) => [code, labelsOf([{ ...(system && { system }), code }])]));
  return (
    ` and (not exists (select 1 from consent.research_ruled r where r.person_id = i.person_id` +
    ` and (r.party_id is null${askerId === undefined ? '' : ` or r.party_id = ${asker}`}))` +
    ` or consent.research_sees(i.person_id, ${asker}, array[${TYPES[kind]}], f.system || '|' || f.code,` +
    ` array(select jsonb_array_elements_text(${bind(JSON.stringify(labels))}::jsonb -> f.code)),` +
    ` case when f.start_date is null then 'empty'::daterange else daterange(f.start_date, f.start_date, '[]') end))`
  );
}
