import { randomUUID } from 'node:crypto';
import { DISCOVERY_TERMS, STANDING_TERMS, termsSetHash } from '@aceso/consent/domain';
import { alternative, standingTermsContent } from '@aceso/consent/testing';
import { ATTESTATION, codeHash, DAY_SECONDS } from '@aceso/identity/domain';
import { digestOf, TestParty } from '@aceso/identity/testing';
import { sha256 } from '@aceso/platform';
import { splitRuleHash } from '@aceso/settlement/domain';
import type { PartyClient } from '../../apps/cli/src/demo/party-client';
import type { AcesoProcess } from '../e2e/testing/aceso-process';

/** Patients of one statement: what their JSON takes stays small. */
const AT_ONCE = 500;
const YEAR = { lifetimeSeconds: 365 * DAY_SECONDS };
const TERMS = { alternatives: [alternative({ safeguards: [] })], splitRule: splitRuleHash(sha256) };

interface Holder {
  readonly provider: PartyClient;
  readonly providerId: string;
  readonly origin: string;
}

/**
 * Makes everybody whose record the provider sent, and who is not bound to it yet, a patient who permits discovery and whose terms answer
 * universities. Each signs what a patient signs, and the gate verifies it as ever; the rows go straight into the tables, many a
 * statement, without the access events of so many calls, which would take most of the time. Somebody else has to be indexed before.
 */
export async function makeCrowd(aceso: AcesoProcess, provider: PartyClient, origin: string): Promise<void> {
  const [holder] = await aceso.ownerQuery<{ providerId: string }>(
    'select party_id as "providerId" from identity.party_key where did = $1',
    [provider.did],
  );
  const { providerId } = holder!;
  const records = await aceso.ownerQuery<{ id: string }>(
    `select id from register.source_record r
      where provider_id = $1 and not exists (select from identity.binding b where b.source_record_id = r.id)`,
    [providerId],
  );
  // Statements are nobody's to insert but the API's.
  await aceso.ownerQuery('alter table identity.statement no force row level security');
  for (let at = 0; at < records.length; at += AT_ONCE) {
    const made = records.slice(at, at + AT_ONCE).map(({ id }) => onePatient(id, { provider, providerId, origin }));
    for (const [table, columns] of TABLES) await insert(aceso, { table, columns, rows: made });
    await index(aceso, made);
  }
  await aceso.ownerQuery('alter table identity.statement force row level security');
  await aceso.ownerQuery('analyze');
}

/** A patient with what it and its provider signed, as the columns of all tables together. */
function onePatient(sourceRecord: string, { provider, providerId, origin }: Holder) {
  const client = new TestParty({ audience: origin, now: () => Date.now() });
  const code = codeHash(randomUUID(), sha256);
  const says = { sourceRecord, codeHash: code, evidence: 'in-person' };
  const { text: attestation } = provider.state(ATTESTATION.typ, says);
  const binding = client.binding(sourceRecord, digestOf(attestation));
  const discovery = client.signNext(DISCOVERY_TERMS, { discovery: 'permit' }, YEAR);
  const terms = client.signNext(STANDING_TERMS, standingTermsContent(TERMS), YEAR);
  const party = randomUUID();
  const signed = [
    { text: attestation, by: providerId },
    ...[binding, discovery, terms].map((text) => ({ text, by: party })),
  ].map(({ text, by }) => ({ text, by, digest: digestOf(text) }));
  const [attested, bound, permitted, termed] = signed.map(({ digest }) => digest) as [string, string, string, string];
  return {
    ...{ party, person: randomUUID(), did: client.did, provider: providerId, record: sourceRecord, code },
    ...{ signed, attested, bound, permitted, termed, sequence: client.sequence },
  };
}

type Made = ReturnType<typeof onePatient>;

const digest = (name: string): string => `decode(m ->> '${name}', 'hex')`;
const uuid = (name: string): string => `(m ->> '${name}')::uuid`;
const STATEMENT = `(s ->> 'text')::jsonb`;

/** Tables in the order in which rows refer to each other, and of which members of {@link Made} their columns are. */
const TABLES: readonly (readonly [table: string, columns: Readonly<Record<string, string>>])[] = [
  ['identity.party', { id: uuid('party'), did: `m ->> 'did'`, role: `'patient'`, registered_at: 'now()' }],
  ['identity.party_key', { did: `m ->> 'did'`, party_id: uuid('party'), added_at: `now() - interval '1 minute'` }],
  ['identity.patient', { party_id: uuid('party'), person_id: uuid('person') }],
  ['identity.patient_gate', { person_id: uuid('person') }],
  [
    'identity.statement',
    {
      digest: `decode(s ->> 'digest', 'hex')`,
      party_id: `(s ->> 'by')::uuid`,
      did: `${STATEMENT} ->> 'kid'`,
      jti: `(${STATEMENT} -> 'payload' ->> 'jti')::uuid`,
      typ: `${STATEMENT} ->> 'typ'`,
      sequence: `(${STATEMENT} -> 'payload' ->> 'seq')::integer`,
      previous: `decode(${STATEMENT} -> 'payload' ->> 'prev', 'hex')`,
      text: `s ->> 'text'`,
      accepted_at: 'now()',
    },
  ],
  [
    'identity.statement_chain',
    { party_id: uuid('party'), sequence: `(m ->> 'sequence')::integer`, digest: digest('termed') },
  ],
  [
    'identity.attestation',
    {
      statement_digest: digest('attested'),
      provider_id: uuid('provider'),
      source_record_id: uuid('record'),
      code_hash: digest('code'),
      evidence: `'in-person'`,
      expires_at: `now() + interval '1 day'`,
      attested_at: 'now()',
    },
  ],
  [
    'identity.binding',
    {
      statement_digest: digest('bound'),
      source_record_id: uuid('record'),
      person_id: uuid('person'),
      provider_id: uuid('provider'),
      attestation_digest: digest('attested'),
      evidence: `'in-person'`,
      bound_at: 'now()',
    },
  ],
  [
    'consent.discovery_terms',
    {
      person_id: uuid('person'),
      discovery: `'permit'`,
      expires_at: `now() + interval '300 days'`,
      statement_digest: digest('permitted'),
      recorded_at: 'now()',
    },
  ],
  [
    'consent.terms_set',
    { digest: `decode('${termsSetHash(TERMS, sha256)}', 'hex')`, terms: `'${JSON.stringify(TERMS)}'::jsonb` },
  ],
  [
    'consent.standing_terms',
    {
      person_id: uuid('person'),
      party_id: uuid('party'),
      mode: `'answer-for-me'`,
      set_digest: `decode('${termsSetHash(TERMS, sha256)}', 'hex')`,
      expires_at: `now() + interval '300 days'`,
      statement_digest: digest('termed'),
      recorded_at: 'now()',
    },
  ],
];

/** One row of the table a patient; a patient's statements are a row each. */
async function insert(
  aceso: AcesoProcess,
  { table, columns, rows }: { table: string; columns: Readonly<Record<string, string>>; rows: readonly Made[] },
): Promise<void> {
  const statements = table === 'identity.statement' ? `, jsonb_array_elements(m -> 'signed') s` : '';
  const conflict = table === 'consent.terms_set' ? 'on conflict do nothing' : '';
  await aceso.ownerQuery(
    `insert into ${table} (${Object.keys(columns).join(', ')})
     select ${Object.values(columns).join(', ')} from jsonb_array_elements($1::jsonb) m${statements} ${conflict}`,
    [JSON.stringify(rows)],
  );
}

/**
 * Everybody's record says the same but for its ids, so the index of one person is that of each: it is copied from one whom the worker
 * has indexed, since deriving it anew takes longer than everything else together.
 */
async function index(aceso: AcesoProcess, made: readonly Made[]): Promise<void> {
  const people = `jsonb_array_elements($1::jsonb) m join register.person_index own on own.person_id = ${uuid('person')}
    cross join (select index_no from facts.person order by index_no limit 1) like_one`;
  const rows = JSON.stringify(made.map(({ person, record }) => ({ person, record })));
  await aceso.ownerQuery(
    `insert into register.person_index (person_id, index_no, heads)
     select ${uuid('person')}, (random() * 2 ^ 51)::bigint, jsonb_build_object(r.id, r.head_sequence)
       from jsonb_array_elements($1::jsonb) m join register.source_record r on r.id = ${uuid('record')}`,
    [rows],
  );
  for (const table of ['facts.person', 'facts.fact']) {
    await aceso.ownerQuery(
      `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('index_no', own.index_no))).*
         from ${people} join ${table} t on t.index_no = like_one.index_no`,
      [rows],
    );
  }
}
