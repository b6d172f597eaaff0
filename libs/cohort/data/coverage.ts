import type { Tx } from '@aceso/platform';
import type { Coverage } from '../domain/catalogue';

/** int4, big-endian, one after the other. */
const NUMBER_BYTES = 4;

// Whoever has rules about research keeps something back, and coverage does not know what: such a person is in no domain, year or source.
const UNRULED = `not exists (select from consent.research_ruled r where r.person_id = i.person_id and r.party_id is null)`;

/** DIDs of the providers that may act and to whose records persons are bound, those that came first; `limit` at most. */
export async function readSources(tx: Tx, limit: number): Promise<string[]> {
  const rows = await tx.query<{ did: string }>(
    `select p.did from identity.party p
      where p.role = 'provider' and identity.is_active(p.id, clock_timestamp())
        and exists (select from identity.binding b where b.provider_id = p.id and b.ended_at is null)
      order by p.registered_at, p.id limit $1`,
    [limit],
  );
  return rows.map(({ did }) => did);
}

/** What persons have in the index, whoever they are; those of these sources. Role api. */
export async function readCoverage(tx: Tx, sources: readonly string[]): Promise<Coverage> {
  const kinds = await tx.query<{ kind: string; numbers: Buffer }>(
    `select kind, string_agg(int4send(i.number), '') as numbers
       from facts.coverage c join register.person_index i using (index_no) cross join unnest(c.kinds) kind
      where ${UNRULED} group by kind`,
  );
  const years = await tx.query<{ year: number; numbers: Buffer }>(
    `select c.first_year as year, string_agg(int4send(i.number), '') as numbers
       from facts.coverage c join register.person_index i using (index_no)
      where c.first_year is not null and ${UNRULED} group by c.first_year`,
  );
  const bound = await tx.query<{ did: string; numbers: Buffer }>(
    `select p.did, string_agg(int4send(i.number), '') as numbers
       from facts.coverage c join register.person_index i using (index_no)
       join identity.binding b on b.person_id = i.person_id and b.ended_at is null
       join identity.party p on p.id = b.provider_id
      where p.did = any($1::text[]) and ${UNRULED} group by p.did`,
    [sources],
  );
  return {
    kinds: new Map(kinds.map(({ kind, numbers }) => [kind, numbersIn(numbers)])),
    firstYears: new Map(years.map(({ year, numbers }) => [year, numbersIn(numbers)])),
    sources: new Map(bound.map(({ did, numbers }) => [did, numbersIn(numbers)])),
  };
}

const numbersIn = (bytes: Buffer): Int32Array =>
  Int32Array.from({ length: bytes.length / NUMBER_BYTES }, (_, at) => bytes.readInt32BE(at * NUMBER_BYTES));
