import type { PersonId } from '@aceso/kernel';
import { FACT_CODE } from '@aceso/register/domain';
import type { EventKind } from '../domain/criteria';

/** A person of the fact index as a test wants it; what is not named is a living, bound, discoverable adult. */
export interface IndexPerson {
  readonly n: number;
  readonly birthMonth?: string | null;
  readonly sex?: 'female' | 'male' | 'other' | 'unknown';
  readonly zip3?: string | null;
  readonly state?: string | null;
  readonly deceased?: boolean;
  readonly bound?: boolean;
  readonly discoverable?: boolean;
  readonly facts?: readonly IndexFact[];
}

export interface IndexFact {
  readonly kind: EventKind;
  readonly code: string;
  readonly system?: string;
  /** YYYY-MM-DD. */
  readonly start?: string | null;
  readonly value?: number | null;
  readonly unit?: string;
  readonly comparator?: string;
  readonly resultSystem?: string;
  readonly result?: string;
  readonly device?: boolean;
  readonly superseded?: boolean;
}

type OwnerQuery = (sql: string, params?: readonly unknown[]) => Promise<unknown[]>;

const uuid = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** Ids of the n-th test person and of the party that holds its key. */
export const indexPersonId = (n: number): PersonId => uuid('a', n) as PersonId;
export const indexPartyId = (n: number): string => uuid('e', n);

/** Base58 has no zero. */
const didOf = (n: number): string => `did:key:z6MkPatient${String(n).replaceAll('0', 'x')}`;

/** Writes a person into identity, consent and the index as their owners would have, without their statements. */
export async function insertIndexPerson(ownerQuery: OwnerQuery, person: IndexPerson): Promise<PersonId> {
  const { n, bound = true, discoverable = true } = person;
  const id = indexPersonId(n);
  await insertPatient(ownerQuery, n);
  if (bound) await insertBinding(ownerQuery, n);
  if (discoverable) await insertDiscovery(ownerQuery, n);
  await insertIndexRows(ownerQuery, { ...person, indexNo: n, personId: id });
  return id;
}

/** Writes a person who is bound to a record of a provider and permits to be found; the register makes the index of it. */
export async function insertRecordOwner(
  ownerQuery: OwnerQuery,
  n: number,
  record: { readonly id: string; readonly providerId: string },
): Promise<PersonId> {
  await insertPatient(ownerQuery, n);
  await insertBinding(ownerQuery, n, record);
  await insertDiscovery(ownerQuery, n);
  return indexPersonId(n);
}

async function insertDiscovery(ownerQuery: OwnerQuery, n: number): Promise<void> {
  const digest = await insertStatement(ownerQuery, { party: indexPartyId(n), n, typ: 'aceso/discovery-terms/v1' });
  await ownerQuery(`insert into consent.discovery_terms values ($1, 'permit', now() + interval '1 year', $2, now())`, [
    indexPersonId(n),
    digest,
  ]);
}

/** Writes the index of a person that exists: what the register does after a binding. */
export async function insertIndexRows(
  ownerQuery: OwnerQuery,
  person: Omit<IndexPerson, 'n' | 'bound' | 'discoverable'> & { readonly indexNo: number; readonly personId: string },
): Promise<void> {
  const { indexNo, personId } = person;
  await ownerQuery('insert into register.person_index (person_id, index_no) values ($1, $2)', [personId, indexNo]);
  await insertIndexFacts(ownerQuery, person);
}

/** Writes what the index knows of a person whose number is known. */
export async function insertIndexFacts(
  ownerQuery: OwnerQuery,
  person: Omit<IndexPerson, 'n' | 'bound' | 'discoverable'> & { readonly indexNo: number },
): Promise<void> {
  const { indexNo, birthMonth = '1970-06', sex = 'female', zip3, state, deceased = false, facts = [] } = person;
  await ownerQuery(
    'insert into facts.person (index_no, birth_month, sex, zip3, state, deceased) values ($1, $2, $3, $4, $5, $6)',
    [indexNo, birthMonth, sex, zip3 ?? null, state ?? null, deceased],
  );
  for (const { kind, code, system = 'http://example.org', start, value, ...more } of facts) {
    const { unit = '', comparator = '', resultSystem = '', result = '', device = false, superseded = false } = more;
    await ownerQuery(
      `insert into facts.fact (index_no, ${FACT_CODE}, start_date, value, superseded)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        ...[indexNo, kind, system, code, unit, comparator, resultSystem, result, device],
        ...[start ?? null, value ?? null, superseded],
      ],
    );
  }
}

/** Writes rules of a person as rows, without the statement that carries them. Members are columns of the table. */
export async function insertIndexRules(ownerQuery: OwnerQuery, n: number, rules: readonly object[]): Promise<void> {
  const known = await ownerQuery('select from consent.permission_set where person_id = $1', [indexPersonId(n)]);
  if (known.length === 0) {
    const digest = await insertStatement(ownerQuery, { party: indexPartyId(n), n, typ: 'aceso/permission-rules/v1' });
    await ownerQuery('insert into consent.permission_set values ($1, $2, now())', [indexPersonId(n), digest]);
  }
  await ownerQuery(
    `insert into consent.permission_rule (person_id, number, subject, party_id, types, codes, labels, providers, days,
                                          level, purpose)
     select $1, row_number() over (), subject, party_id, types, codes, labels, providers, days, level,
            coalesce(purpose, 'any')
       from jsonb_populate_recordset(null::consent.permission_rule, $2::jsonb)`,
    [indexPersonId(n), JSON.stringify(rules)],
  );
}

async function insertPatient(ownerQuery: OwnerQuery, n: number): Promise<void> {
  const party = indexPartyId(n);
  const did = didOf(n);
  await ownerQuery(`insert into identity.party (id, did, role, registered_at) values ($1, $2, 'patient', now())`, [
    party,
    did,
  ]);
  await ownerQuery('insert into identity.party_key (did, party_id, added_at) values ($1, $2, now())', [did, party]);
  await ownerQuery('insert into identity.patient (party_id, person_id) values ($1, $2)', [party, indexPersonId(n)]);
}

async function insertBinding(
  ownerQuery: OwnerQuery,
  n: number,
  of?: { readonly id: string; readonly providerId: string },
): Promise<void> {
  const party = indexPartyId(n);
  const [record, provider] = [of?.id ?? uuid('c', n), of?.providerId ?? party];
  const attestation = await insertStatement(ownerQuery, { party, n, typ: 'aceso/attestation/v1' });
  const binding = await insertStatement(ownerQuery, { party, n, typ: 'aceso/binding/v1' });
  await ownerQuery(
    `insert into identity.attestation values ($1, $2, $3, sha256('code'), 'in-person', now() + interval '1 day', now())`,
    [attestation, provider, record],
  );
  await ownerQuery(`insert into identity.binding values ($1, $2, $3, $4, $5, 'in-person', now())`, [
    binding,
    record,
    indexPersonId(n),
    provider,
    attestation,
  ]);
}

async function insertStatement(
  ownerQuery: OwnerQuery,
  { party, n, typ }: { party: string; n: number; typ: string },
): Promise<unknown> {
  const rows = (await ownerQuery(
    `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
     values (sha256(convert_to($1, 'UTF8')), $2, $3, gen_random_uuid(), $4, '{}', now()) returning digest`,
    [`${typ}/${n}`, party, didOf(n), typ],
  )) as { digest: unknown }[];
  return rows[0].digest;
}
