import type { AcesoProcess } from '../e2e/testing/aceso-process';

const ID = (kind: string): string => `('${kind.repeat(8)}-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
const DIGEST = (typ: string): string => `sha256(convert_to('${typ}/' || n, 'UTF8'))`;
const DID = `'did:key:z6MkPatient' || translate(n::text, '0', 'x')`;
const PARTY = ID('e');
const PERSON = ID('a');

/** Rows in the order in which they refer to each other: a party with a key, bound to a record, who permits to be found. */
const ROWS: readonly (readonly [into: string, values: string])[] = [
  ['identity.party (id, did, role, registered_at)', `${PARTY}, ${DID}, 'patient', now()`],
  ['identity.party_key (did, party_id, added_at)', `${DID}, ${PARTY}, now()`],
  ['identity.patient (party_id, person_id)', `${PARTY}, ${PERSON}`],
  ...['attestation', 'binding', 'discovery'].map((typ): readonly [string, string] => [
    'identity.statement (digest, party_id, did, jti, typ, text, accepted_at)',
    `${DIGEST(typ)}, ${PARTY}, ${DID}, gen_random_uuid(), 'aceso/${typ}/v1', '{}', now()`,
  ]),
  [
    'identity.attestation',
    `${DIGEST('attestation')}, ${PARTY}, ${ID('c')}, sha256('code'), 'in-person', now() + interval '1 day', now()`,
  ],
  [
    'identity.binding (statement_digest, source_record_id, person_id, provider_id, attestation_digest, evidence, bound_at)',
    `${DIGEST('binding')}, ${ID('c')}, ${PERSON}, ${PARTY}, ${DIGEST('attestation')}, 'in-person', now()`,
  ],
  ['consent.discovery_terms', `${PERSON}, 'permit', now() + interval '300 days', ${DIGEST('discovery')}, now()`],
  ['register.person_index (person_id, index_no)', `${PERSON}, n`],
  ['facts.person (index_no, birth_month, sex, deceased)', `n, '1970-06', 'female', false`],
];

/** What generated facts and records are kept apart by, and what judges each binding anew. */
const TRIGGERS: readonly (readonly [table: string, trigger: string])[] = [
  ['facts.person', 'generated_apart'],
  ['identity.binding', 'user'],
];

/**
 * Gives generated facts their persons: the n-th row of blocks is the n-th person, bound and permitting to be found. Nobody signs, and
 * what keeps generated facts from having persons is put aside: this is an instance that measures and ends.
 */
export async function giveFactsPersons(aceso: AcesoProcess, persons: number): Promise<void> {
  const switched = (how: 'disable' | 'enable') =>
    Promise.all(TRIGGERS.map(([table, trigger]) => aceso.ownerQuery(`alter table ${table} ${how} trigger ${trigger}`)));
  await switched('disable');
  await aceso.ownerQuery('alter table identity.statement no force row level security');
  const inserts = ROWS.map(
    ([into, values]) => `insert into ${into} select ${values} from generate_series(1, ${persons}) n order by n`,
  );
  // One transaction: the worker merges nothing meanwhile.
  const merged = 'update facts.slot set merged = true where index_no is not null';
  await aceso.ownerQuery([...inserts, merged].join(';'));
  await aceso.ownerQuery('alter table identity.statement force row level security');
  await switched('enable');
  await aceso.ownerQuery('analyze');
}
