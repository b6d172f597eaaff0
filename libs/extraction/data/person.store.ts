import type { PersonId, RequestId } from '@aceso/kernel';
import type { PersonAttributes } from '@aceso/deidentification/domain';
import type { Tx } from '@aceso/platform';

/** Persons who were asked about a request version. What they answered is for the grants to say. */
export async function askedPersons(tx: Tx, requestId: RequestId, version: number): Promise<ReadonlySet<PersonId>> {
  const rows = await tx.query<{ personId: PersonId }>(
    `select person_id as "personId" from marketplace.ask where request_id = $1 and version = $2`,
    [requestId, version],
  );
  return new Set(rows.map((row) => row.personId));
}

/** What the fact index knows of these persons; persons that are not indexed are left out. */
export async function attributesOf(
  tx: Tx,
  persons: readonly PersonId[],
): Promise<ReadonlyMap<PersonId, PersonAttributes>> {
  const rows = await tx.query<PersonAttributes & { personId: PersonId }>(
    `select i.person_id as "personId", p.birth_month as "birthMonth", p.sex, p.state, p.zip3, p.race, p.ethnicity
       from register.person_index i join facts.person p on p.index_no = i.index_no
      where i.person_id = any ($1::uuid[])`,
    [persons],
  );
  return new Map(rows.map(({ personId, ...attributes }) => [personId, attributes]));
}

/** Our own display texts by `system|code`: the most frequent text of a code over enough persons (privacy-and-keys section 6). */
export async function displayTable(tx: Tx): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.query<{ key: string; text: string }>(
    `select system || '|' || code as key, text from facts.display`,
  );
  return new Map(rows.map((row) => [row.key, row.text]));
}
