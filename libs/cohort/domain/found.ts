import { minorFrom } from '@aceso/identity/domain';
import type { PartyId } from '@aceso/kernel';
import { bornAtLatest } from './age';

export interface FoundContext {
  /** The day (YYYY-MM-DD) at which ages are judged. */
  readonly day: string;
  readonly adultAgeYears: number;
  /** Whoever is shown a number made of the answer: patients of its affiliates are not in it. */
  readonly shownTo?: PartyId | undefined;
  /** The research center that asks, where rules about it count beside those about research. */
  readonly askerId?: PartyId | undefined;
}

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
 * Who is found at all: indexed and bound, living and discoverable by the word of whoever may give it, each human once, and not left out
 * for the one who asks. The query yields one row, `slots`: int4 of each and of the person's number, big-endian, one after the other. Its text is fixed. `p` is
 * the person's row in the index, `i` the erasable map from its number to the person.
 */
export const FOUND = `
select coalesce(string_agg(int4send(s.slot) || int4send(i.number), ''), '') as slots
  from facts.slot s
  join facts.person p on p.index_no = s.index_no
  join register.person_index i on i.index_no = s.index_no
  join consent.discoverable d on d.person_id = i.person_id
 where not p.deceased and ${mayDecide('d.care', '$1', '$2')}
   and exists (select 1 from identity.binding b where b.person_id = i.person_id and b.ended_at is null)
   and ${ONCE}
   and ($3::uuid is null or i.person_id not in (select identity.vouched_for($3::uuid)))
   and ($4::uuid is null
     or not exists (select 1 from consent.research_ruled r where r.person_id = i.person_id and r.party_id = $4::uuid)
     or consent.research_may_ask(i.person_id, $4::uuid))`;

/** The same among these slots; one parameter more. */
export const FOUND_AMONG = `${FOUND} and s.slot = any ($5::integer[])`;

/** The parameters of FOUND. */
export function foundParameters({ day, adultAgeYears, shownTo, askerId }: FoundContext): (string | null)[] {
  return [
    bornAtLatest(day, adultAgeYears),
    minorFrom(Date.parse(day), adultAgeYears),
    shownTo ?? null,
    askerId ?? null,
  ];
}
