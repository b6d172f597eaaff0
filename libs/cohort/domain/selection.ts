import { labelsOf } from '@aceso/consent/domain';
import { minorFrom } from '@aceso/identity/domain';
import { assert, type PartyId } from '@aceso/kernel';
import { bornAtEarliest, bornAtLatest } from './age';
import type { Criteria, Rule } from './criteria';

/** A query that yields one column, `person_id`. Its text is made of the fixed pieces below; values are parameters. */
export interface Selection {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export interface SelectionContext {
  /** The day (YYYY-MM-DD) at which ages are judged. */
  readonly day: string;
  readonly adultAgeYears: number;
  /** Number of the first parameter, when the query becomes part of a larger one. */
  readonly firstParameter?: number;
  /** Whoever is shown a number made of the query: patients of its affiliates are not in it. */
  readonly shownTo?: PartyId;
  /** The research center that asks, where rules about it count beside those about research. */
  readonly askerId?: PartyId;
}

/** Takes a value, gives the placeholder under which the query finds it. */
type Bind = (value: unknown) => string;

// A birth may be a year alone: a limit from above takes its December, one from below its January.
const LATEST_BIRTH = `left(p.birth_month || '-12', 7)`;
const EARLIEST_BIRTH = `left(p.birth_month || '-01', 7)`;

/** A human with several keys is the person that was bound first. `i` as below. */
export const ONCE = `not exists (select 1 from register.repeated_person h where h.person_id = i.person_id)`;

/**
 * Whether whoever gave a word may give it: the person itself and its proxy where it is surely adult, a parent where it is surely a minor,
 * whom a court named at any age. `care` is the guardian's kind, null for the person; `adult` and `minor` are placeholders of birth months.
 */
export const mayDecide = (care: string, adult: string, minor: string): string =>
  `case coalesce(${care}, 'proxy') when 'proxy' then ${LATEST_BIRTH} <= ${adult}::text
        when 'parent' then ${EARLIEST_BIRTH} >= ${minor}::text else true end`;

/**
 * Who is asked at all: indexed and bound, living and discoverable by the word of whoever may give it, each human once. `p` is the person's row in
 * the index, `i` the erasable map from its number to the person.
 */
const living = (bind: Bind, { day, adultAgeYears, askerId }: SelectionContext): string =>
  `select i.person_id from facts.person p
  join register.person_index i on i.index_no = p.index_no
  join consent.discoverable d on d.person_id = i.person_id
 where not p.deceased and ${mayDecide('d.care', bind(bornAtLatest(day, adultAgeYears)), bind(minorFrom(Date.parse(day), adultAgeYears)))}
   and exists (select 1 from identity.binding b where b.person_id = i.person_id and b.ended_at is null)
   and ${ONCE}` + (askerId === undefined ? '' : `\n   and ${mayBeAsked(bind(askerId))}`);

/** Rules about one research center are asked only of persons who have one. */
const mayBeAsked = (asker: string): string =>
  `(not exists (select 1 from consent.research_ruled r where r.person_id = i.person_id and r.party_id = ${asker}::uuid)
     or consent.research_may_ask(i.person_id, ${asker}::uuid))`;

/** Resource types whose facts a criterion looks at. */
const TYPES = {
  condition: `'Condition'`,
  medication: `'MedicationAdministration', 'MedicationDispense', 'MedicationRequest', 'MedicationStatement'`,
  observation: `'Observation'`,
} as const;

/**
 * Facts that a person keeps back from research select nobody: who is in a cohort would tell them. Asked fact by fact, and
 * only of persons who have a rule that speaks of it.
 */
function seen(bind: Bind, kind: keyof typeof TYPES, { system, codes }: Concept, askerId?: PartyId): string {
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

const fact = (bind: Bind, kind: keyof typeof TYPES, concept: Concept, askerId?: PartyId): string =>
  `exists (select 1 from facts.fact f where f.index_no = p.index_no and not f.superseded and f.kind = '${kind}'` +
  ` and f.code = any(${bind(concept.codes)}::text[])` +
  (concept.system === undefined ? '' : ` and f.system = ${bind(concept.system)}::text`) +
  valueRange(bind, concept.value) +
  seen(bind, kind, concept, askerId) +
  ')';

interface Concept {
  readonly system?: string;
  readonly codes: readonly string[];
  readonly value?: { readonly min?: number; readonly max?: number; readonly unit?: string };
}

function valueRange(bind: Bind, value: Concept['value']): string {
  if (!value) return '';
  const { min, max, unit } = value;
  return (
    (min === undefined ? '' : ` and f.value >= ${bind(min)}::double precision`) +
    (max === undefined ? '' : ` and f.value <= ${bind(max)}::double precision`) +
    (unit === undefined ? '' : ` and f.unit = ${bind(unit)}::text`)
  );
}

function condition(bind: Bind, rule: Rule, { day, askerId }: SelectionContext): string {
  if ('age' in rule) {
    const { min, max } = rule.age;
    const sides = [];
    if (min !== undefined) sides.push(`${LATEST_BIRTH} <= ${bind(bornAtLatest(day, min))}::text`);
    if (max !== undefined) sides.push(`${EARLIEST_BIRTH} >= ${bind(bornAtEarliest(day, max))}::text`);
    return sides.join(' and ');
  }
  if ('sex' in rule) return `p.sex = any(${bind(rule.sex)}::text[])`;
  if ('condition' in rule) return fact(bind, 'condition', rule.condition, askerId);
  if ('medication' in rule) return fact(bind, 'medication', rule.medication, askerId);
  return fact(bind, 'observation', rule.observation, askerId);
}

/** The persons of a cohort at one day, as a query over the fact index. */
export function select(criteria: Criteria, context: SelectionContext): Selection {
  const first = context.firstParameter ?? 1;
  assert(Number.isInteger(first) && first >= 1, 'parameters are numbered from one');
  const params: unknown[] = [];
  const bind: Bind = (value) => `$${first - 1 + params.push(value)}`;
  const shown =
    context.shownTo === undefined
      ? []
      : [`i.person_id not in (select identity.vouched_for(${bind(context.shownTo)}::uuid))`];
  const conditions = [living(bind, context), ...shown, ...criteria.all.map((rule) => condition(bind, rule, context))];
  return { sql: conditions.join('\n   and '), params };
}
