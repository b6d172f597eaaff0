import { minorFrom } from '@aceso/identity/domain';
import { assert, type PartyId } from '@aceso/kernel';
import { bornAtLatest } from './age';
import type { Criteria } from './criteria';
import { cohortConditions, LATEST_BIRTH, EARLIEST_BIRTH, type Bind } from './rule-sql';

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
  const conditions = [living(bind, context), ...shown, ...cohortConditions(bind, criteria, context)];
  return { sql: conditions.join('\n   and '), params };
}
