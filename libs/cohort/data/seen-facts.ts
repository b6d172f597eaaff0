import { labelsOf } from '@aceso/consent/domain';
import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { BLOCK_SLOTS, factEntries, NO_DAY, type FactColumns } from '@aceso/register/domain';
import type { Coding, ConceptSet } from '../domain/concept-set';
import { KIND_TYPES } from '../domain/kind-types';
import type { CodeQuery } from '../domain/evaluation/plan';
import { columnsOf, grouped, type NamedFacts } from './fact-source';

/** Persons who keep something back from research, or from the one center that asks, by slot. */
export async function ruledPersons(tx: Tx, askerId: PartyId | undefined): Promise<ReadonlyMap<number, string>> {
  const rows = await tx.prepared<{ slot: number; person: string }>(
    `select distinct s.slot, r.person_id as person
       from consent.research_ruled r
       join register.person_index i using (person_id) join facts.slot s using (index_no)
      where r.party_id is null or r.party_id = $1::uuid`,
    [askerId ?? null],
  );
  return new Map(rows.map(({ slot, person }) => [slot, person]));
}

interface RuledFacts {
  readonly events: readonly CodeQuery[];
  /** The codes of each event, and the number by which each is found in what is returned. */
  readonly codes: readonly (readonly { readonly number: number; readonly apart: number }[])[];
  readonly facts: NamedFacts;
  readonly ruled: ReadonlyMap<number, string>;
  readonly askerId: PartyId | undefined;
}

interface Fact {
  readonly slot: number;
  readonly apart: number;
  readonly event: number;
  /** Codes of the resource that the fact tells: what happened, and the result. */
  readonly codes: string;
  readonly labels: string;
  readonly day: number;
  readonly value: number | null;
}

/**
 * The facts of ruled persons that whoever asks may see, by block and by the number `apart` of event and code. Facts that a person keeps back
 * select nobody: who is in a cohort would tell them. Asked fact by fact, each code and day of a person once.
 */
export async function seenFacts(tx: Tx, query: RuledFacts): Promise<ReadonlyMap<number, Map<number, FactColumns[]>>> {
  const facts = [...ruledFacts(query)];
  const keyOf = ({ slot, event, codes, labels, day }: Fact) =>
    JSON.stringify([slot, query.events[event]!.kind, codes, labels, day]);
  const asked = [...grouped(facts, keyOf)];
  const of = <T>(read: (fact: Fact) => T): T[] => asked.map(([, [fact]]) => read(fact!));
  const rows = await tx.query<{ n: number }>(
    `select n::integer from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::integer[])
            with ordinality as fact (person, types, codes, labels, day, n)
      where consent.research_sees(person, $6::uuid, string_to_array(types, ','), string_to_array(codes, ' '), string_to_array(labels, ','),
        case when day is null then 'empty'::daterange
             else daterange(date '1970-01-01' + day, date '1970-01-01' + day, '[]') end)`,
    [
      of(({ slot }) => query.ruled.get(slot)),
      of(({ event }) => KIND_TYPES[query.events[event]!.kind].join()),
      of(({ codes: told }) => told),
      of(({ labels }) => labels),
      of(({ day }) => (day === NO_DAY ? null : day)),
      query.askerId ?? null,
    ],
  );
  const seen = rows.flatMap(({ n }) => asked[n - 1]![1]);
  return new Map(
    [...grouped(seen, ({ slot }) => slot >> 16)].map(([blk, some]) => [
      blk,
      new Map([...grouped(some, ({ apart }) => apart)].map(([apart, each]) => [apart, [columnsOf(each)]])),
    ]),
  );
}

function* ruledFacts({ events, codes: read, facts, ruled }: RuledFacts): Generator<Fact> {
  const codes = new Map(facts.codes.map((code) => [code.number, code]));
  for (const [event, { set, result }] of events.entries()) {
    for (const { number, apart } of read[event]!) {
      const of = codes.get(number)!;
      const told = [codingFor(set, of)];
      if (of.result !== '') told.push(codingFor(result, { system: of.resultSystem, code: of.result }));
      const labels = labelsOf(told.map(({ asked }) => asked)).join(',');
      const named = told.map(({ name }) => name).join(' ');
      for (const [blk, block] of facts.blocks) {
        for (const columns of block.get(number) ?? []) {
          for (const { slot, day, value } of factEntries(columns)) {
            const place = blk * BLOCK_SLOTS + slot;
            if (ruled.has(place)) yield { slot: place, apart, event, codes: named, labels, day, value };
          }
        }
      }
    }
  }
}

/**
 * A coding of a fact as permission rules are asked of it. Where the question leaves the system open, a code is what it would be in any: nothing is seen
 * by asking less exactly.
 */
function codingFor(set: ConceptSet | undefined, { system, code }: Coding) {
  const open = set?.include.some((part) => part.system === undefined) ?? false;
  return { name: `${system}|${code}`, asked: { ...(!open && { system }), code } };
}
