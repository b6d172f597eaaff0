import type { Demographics, Fact } from '@aceso/fhir';
import type { Tx } from '@aceso/platform';

import { FACT_CODE } from '../domain';
import { bool, copyRows, date, float8, int4, int8, maybe, text } from './binary-copy';

/** A text is shown only when so many persons carry it (privacy-and-keys 6); the table's check says the same. */
export const DISPLAY_PERSONS_MIN = 11;

/** A fact whose encounter is a number within the person. */
export interface IndexedFact extends Omit<Fact, 'encounter'> {
  readonly encounter: number | undefined;
}

/** One person's use of a text for a code. */
export interface DisplayVote {
  readonly system: string;
  readonly code: string;
  readonly text: string;
  /** Keyed hash of system, code and text: all that is kept while the text is rare. */
  readonly hash: Uint8Array;
}

/** Removes a person's facts (those in blocks are nobody's from now on) and takes back the person's votes; a text that becomes rare is forgotten. */
export async function clearPerson(tx: Tx, number: bigint): Promise<void> {
  // First of all, as whoever merges does: a slot is merged or left, not both at once.
  await tx.query('select from facts.slot where index_no = $1 for update', [number.toString()]);
  await tx.execute('delete from facts.fact where index_no = $1', [number.toString()]);
  await tx.execute(
    `with taken as (
       delete from facts.display_vote where index_no = $1 returning system, code, text_hash
     ), held as (
       select d.system, d.code, d.text_hash from facts.display_text d join taken using (system, code, text_hash)
       order by system, code, text_hash for update of d
     )
     update facts.display_text d
     set persons = persons - 1, text = case when persons > ${DISPLAY_PERSONS_MIN} then text end
     from held h where d.system = h.system and d.code = h.code and d.text_hash = h.text_hash`,
    [number.toString()],
  );
  await tx.execute('delete from facts.person where index_no = $1', [number.toString()]);
}

export async function writePerson(tx: Tx, number: bigint, person: Demographics): Promise<void> {
  const { birthMonth, sex, zip3, state, race, ethnicity, deceased } = person;
  await tx.execute(
    `insert into facts.person (index_no, birth_month, sex, zip3, state, race, ethnicity, deceased)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      number.toString(),
      birthMonth ?? null,
      sex,
      zip3 ?? null,
      state ?? null,
      race ?? null,
      ethnicity ?? null,
      deceased,
    ],
  );
}

export async function writeFacts(tx: Tx, number: bigint, facts: readonly IndexedFact[]): Promise<void> {
  const owner = int8(number);
  await copyRows(
    tx,
    `facts.fact (index_no, ${FACT_CODE}, start_date, end_date, value, encounter)`,
    facts.map((fact) => [
      owner,
      text(fact.kind),
      text(fact.system),
      text(fact.code),
      text(fact.unit),
      text(fact.comparator),
      text(fact.resultSystem),
      text(fact.result),
      bool(fact.device),
      maybe(fact.start, date),
      maybe(fact.end, date),
      maybe(fact.value, float8),
      maybe(fact.encounter, int4),
    ]),
  );
}

/**
 * Counts a person's texts. Rows are touched in one order, so that two writers wait and do not deadlock; a text is
 * written down by the first person with whom enough carry it.
 */
export async function writeVotes(tx: Tx, number: bigint, votes: readonly DisplayVote[]): Promise<void> {
  if (votes.length === 0) return;
  const columns = [
    votes.map(({ system }) => system),
    votes.map(({ code }) => code),
    votes.map(({ hash }) => Buffer.from(hash).toString('hex')),
  ];
  const given = `unnest($1::text[], $2::text[], $3::text[]) v (system, code, hash)`;
  await tx.execute(
    `insert into facts.display_vote (index_no, system, code, text_hash)
     select $4, v.system, v.code, decode(v.hash, 'hex') from ${given}`,
    [...columns, number.toString()],
  );
  await tx.execute(
    `insert into facts.display_text as d (system, code, text_hash, persons)
     select v.system, v.code, decode(v.hash, 'hex'), 1 from ${given} order by 1, 2, 3
     on conflict (system, code, text_hash) do update set persons = d.persons + 1`,
    columns,
  );
  await tx.execute(
    `update facts.display_text d set text = v.text
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) v (system, code, hash, text)
     where d.system = v.system and d.code = v.code and d.text_hash = decode(v.hash, 'hex')
       and d.persons >= ${DISPLAY_PERSONS_MIN} and d.text is null`,
    [...columns, votes.map(({ text: shown }) => shown)],
  );
}
