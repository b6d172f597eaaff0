import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Tx } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { FoundPersons } from './data/found-persons';
import { readFoundSlots, type FoundBlock } from './data/found-slots';
import type { FoundContext } from './domain/found';
import { ForgetTimer } from './jobs/forget-timer';
import {
  indexPartyId,
  indexPersonId,
  insertIndexFacts,
  insertIndexPerson,
  insertIndexRows,
  insertIndexRules,
  insertRecordOwner,
} from './testing';

const PERSONS = 12;
/** Of the server, as tests never see it end. */
const LIFE = 'one life';
const CONTEXT: FoundContext = { day: '2019-05-31', adultAgeYears: 18 };
const SNAPSHOT = { isolation: 'REPEATABLE READ', readOnly: true } as const;
let test: TestDatabase;
let kept: FoundPersons;

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  kept = new FoundPersons();
  for (let n = 1; n <= PERSONS; n += 1) await insertIndexPerson(test.ownerQuery, { n });
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at)
     select id, 'did:key:z6Mk' || translate(id::text, '-0', 'xx'), role, now()
       from unnest($1::uuid[], array['researcher', 'officer', 'provider']) as made (id, role)`,
    [[CENTER, OFFICER, PROVIDER]],
  );
});
afterAll(() => test.close());

const CENTER = 'bbbbbbbb-0000-4000-8000-000000000001';
const OFFICER = 'bbbbbbbb-0000-4000-8000-000000000002';
const PROVIDER = 'bbbbbbbb-0000-4000-8000-000000000003';
const ids = (...persons: number[]): string => persons.map((n) => `'${indexPersonId(n)}'`).join();
const inSnapshot = <T>(use: (tx: Tx) => Promise<T>): Promise<T> => test.database.transaction('api', use, SNAPSHOT);

/** Slot and number of each person who is found. */
function entries(blocks: ReadonlyMap<number, FoundBlock>): string[] {
  return [...blocks].flatMap(([blk, { found, numbers }]) =>
    [...found.keys()].filter((place) => found[place] === 1).map((place) => `${blk}/${place}: ${numbers[place]}`),
  );
}

/** Asks what is kept, and the database itself in the same snapshot; returns how many are found. */
async function agree(tx: Tx, context = CONTEXT): Promise<number> {
  const followed = entries(await kept.read(tx, context, LIFE));
  expect(followed).toEqual(entries(await readFoundSlots(tx, context)));
  return followed.length;
}
const found = (context = CONTEXT): Promise<number> => inSnapshot((tx) => agree(tx, context));

const rule = { subject: 'research', level: 'none' };

it.each<[string, () => Promise<unknown>, number]>([
  ['nothing was asked before', async () => undefined, 12],
  ['nothing changed', async () => undefined, 12],
  ['somebody denies to be found', () => discovery(1, `discovery = 'deny'`), 11],
  ['and permits it again', () => discovery(1, `discovery = 'permit'`), 12],
  ['a permission ran out', () => discovery(2, `expires_at = now() - interval '1 second'`), 11],
  [
    'a binding ended',
    () => test.ownerQuery(`update identity.binding set ended_at = now() where person_id in (${ids(3)})`),
    10,
  ],
  ['somebody is the same human', () => test.ownerQuery(`insert into register.repeated_person values (${ids(4)})`), 9],
  ['and is not any more', () => test.ownerQuery('delete from register.repeated_person'), 10],
  ['somebody died', () => said(5, 'deceased = true'), 9],
  ['a birth turns out to be late', () => said(6, `birth_month = '2010-01'`), 8],
  ['somebody keeps all from research', () => insertIndexRules(test.ownerQuery, 7, [rule]), 7],
  ['and no longer', () => test.ownerQuery('delete from consent.permission_rule'), 8],
  ['facts are written anew at another place', () => moved(8), 8],
  ['somebody is erased', () => test.ownerQuery(`select register.forget_facts(${ids(9)})`), 7],
  ['somebody came', () => insertIndexPerson(test.ownerQuery, { n: 13 }), 8],
  ['many came', () => Promise.all([14, 15, 16].map((n) => insertIndexPerson(test.ownerQuery, { n }))), 11],
  ['a key was in other hands', () => compromised(10), 10],
])('follows when %s', async (_, change, expected) => {
  await change();
  expect(await found()).toBe(expected);
});

const discovery = (n: number, change: string) =>
  test.ownerQuery(`update consent.discovery_terms set ${change} where person_id = ${ids(n)}`);
const said = (n: number, change: string) => test.ownerQuery(`update facts.person set ${change} where index_no = ${n}`);
/** The last key of a party is not revoked: it has another one. `since` in SQL. */
async function compromised(n: number, since = `now() - interval '1 day'`): Promise<void> {
  const [party, key] = [indexPartyId(n), `did:key:z6MkNewPhone${'x'.repeat(n)}`];
  await test.ownerQuery('insert into identity.party_key (did, party_id, added_at) values ($1, $2, now())', [
    key,
    party,
  ]);
  await test.ownerQuery(
    `update identity.party_key set revoked_at = clock_timestamp(), compromised_since = ${since}
      where party_id = $1 and did <> $2`,
    [party, key],
  );
}
async function moved(n: number): Promise<void> {
  await test.ownerQuery(`delete from facts.person where index_no = ${n}`);
  await insertIndexPerson(test.ownerQuery, { n: 100 });
  await insertIndexFacts(test.ownerQuery, { indexNo: n });
  await test.ownerQuery(`select register.forget_facts(${ids(100)})`);
}

it('follows when the appointment of a guardian who spoke for somebody ends', async () => {
  const [ward, guardian] = [indexPartyId(13), indexPartyId(14)];
  // In the chain of the ward, by a key of one of the two.
  const state = (typ: string, by: string, appointment: Buffer | null) =>
    test.ownerQuery<{ digest: Buffer }>(
      `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at, appointment_digest)
       select sha256(convert_to($3, 'UTF8')), $1, did, gen_random_uuid(), $3, '{}', now(), $4
         from identity.party_key where party_id = $2 returning digest`,
      [ward, by, typ, appointment],
    );
  const [{ digest: appointment }] = (await state('aceso/proxy/v1', ward, null)) as [{ digest: Buffer }];
  await test.ownerQuery('alter table identity.guardian_appointment disable trigger user');
  await test.ownerQuery('alter table identity.guardian_appointment enable trigger found_noted');
  await test.ownerQuery(
    `insert into identity.guardian_appointment
       (statement_digest, appointer_id, ward_id, guardian_id, source_record_id, kind, scope, until, appointed_at)
     values ($1, $2, $2, $3, null, 'proxy', 'both', now() + interval '1 year', now())`,
    [appointment, ward, guardian],
  );
  const [{ digest }] = (await state('aceso/discovery-terms/v1', guardian, appointment)) as [{ digest: Buffer }];
  await test.ownerQuery('update consent.discovery_terms set statement_digest = $2 where person_id = $1', [
    indexPersonId(13),
    digest,
  ]);
  const before = await found();
  await test.ownerQuery('update identity.guardian_appointment set ended_at = now(), ended_with = $1', [digest]);
  expect(await found()).toBe(before - 1);
  await test.ownerQuery('update identity.guardian_appointment set ended_at = null, ended_with = null');
  expect(await found()).toBe(before);
});

it('follows when a person puts no rules in the place of no rules that a stolen key had signed', async () => {
  const signed = (digest: string) =>
    test.ownerQuery(
      `with signed as (
         insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
         select sha256(convert_to($3, 'UTF8')), party_id, did, gen_random_uuid(), 'aceso/permission-rules/v1', '{}', clock_timestamp()
           from identity.party_key where party_id = $2 and revoked_at is null returning digest
       )
       insert into consent.permission_set select $1, digest, clock_timestamp() from signed
         on conflict (person_id) do update set statement_digest = excluded.statement_digest`,
      [indexPersonId(16), indexPartyId(16), digest],
    );
  const [{ since }] = (await test.ownerQuery('select clock_timestamp()::text as since')) as [{ since: string }];
  await signed('no rules, by whoever had the key');
  const before = await found();
  await compromised(16, `'${since}'`);
  expect(await found()).toBe(before - 1);
  await signed('no rules');
  expect(await found()).toBe(before);
});

it('sees what was under way when it last looked', async () => {
  const before = await found();
  const [open, close] = await openTransaction();
  await open(`update consent.discovery_terms set discovery = 'deny' where person_id = ${ids(11)}`);
  expect(await found()).toBe(before);
  // Whoever commits meanwhile moves the newest transaction on.
  await discovery(12, `discovery = 'deny'`);
  expect(await found()).toBe(before - 1);
  await close();
  expect(await found()).toBe(before - 2);
});

it('answers an older snapshot as that one is', async () => {
  const before = await found();
  await inSnapshot(async (tx) => {
    await tx.query('select 1');
    await discovery(12, `discovery = 'permit'`);
    expect(await found()).toBe(before + 1);
    expect(await agree(tx)).toBe(before);
  });
  expect(await found()).toBe(before + 1);
});

it('judges time limits at the time of the question', async () => {
  const before = await found();
  await discovery(12, `expires_at = clock_timestamp() + interval '2 seconds'`);
  expect(await found()).toBe(before);
  await test.ownerQuery('select pg_sleep(2.1)');
  expect(await found()).toBe(before - 1);
});

it('leaves out whom affiliates of the asker vouch for, and nobody for the next one', async () => {
  await insertRecordOwner(test.ownerQuery, 20, { id: PROVIDER, providerId: PROVIDER });
  await insertIndexRows(test.ownerQuery, { indexNo: 20, personId: indexPersonId(20) });
  const before = await found();
  await test.ownerQuery(
    `insert into identity.affiliation (first_party_id, second_party_id, declared_by)
     values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)`,
    [CENTER, PROVIDER, OFFICER],
  );
  expect(await found({ ...CONTEXT, shownTo: CENTER as never })).toBe(before - 1);
  expect(await found()).toBe(before);
});

it('reads everybody anew when what changed is forgotten, or the day is another', async () => {
  const before = await found();
  await discovery(13, `discovery = 'deny'`);
  await forgetAll();
  expect(await found()).toBe(before - 1);
  await discovery(13, `discovery = 'permit'`);
  expect(await found()).toBe(before);
  expect(await found({ ...CONTEXT, day: '2027-12-31' })).toBe(before);
});

/** As hours do. Transactions of other databases of the server hold a change back while they run. */
async function forgetAll(): Promise<void> {
  const timer = new ForgetTimer(test.database, test.logger);
  const left = () => test.ownerQuery('select from cohort.found_change');
  while ((await left()).length > 0) {
    await test.ownerQuery(`update cohort.found_horizon set next_since = next_since - interval '2 hours'`);
    await timer.runOnce();
    await test.ownerQuery('select pg_sleep(0.02)');
  }
}

it('keeps nobody over the life of a server, nor in one without a name', async () => {
  const read = (life: string | null) => inSnapshot(async (tx) => entries(await kept.read(tx, CONTEXT, life)).length);
  const before = await found();
  // A change that this server does not know any more.
  await discovery(13, `discovery = 'deny'`);
  await test.ownerQuery('delete from cohort.found_change');
  expect(await read(LIFE)).toBe(before);
  expect(await read(null)).toBe(before - 1);
  expect(await read('another life')).toBe(before - 1);
  await discovery(13, `discovery = 'permit'`);
  expect(await read('another life')).toBe(before);
});

it('tells one life of a server from another', async () => {
  const life = () =>
    inSnapshot(async (tx) => (await tx.query<{ life: string | null }>('select cohort.server_life() as life'))[0]!.life);
  expect(await life()).toBeNull();
  await test.database.query('api', 'select cohort.begin_server_life()');
  const first = await life();
  await test.database.query('api', 'select cohort.begin_server_life()');
  expect(await life()).toBe(first);
  // As a recovery does.
  await test.ownerQuery('truncate cohort.server_life');
  await test.database.query('api', 'select cohort.begin_server_life()');
  expect(await life()).not.toBe(first);
  const [{ persistence }] = (await test.ownerQuery(
    `select relpersistence as persistence from pg_class where oid = 'cohort.server_life'::regclass`,
  )) as [{ persistence: string }];
  expect(persistence).toBe('u');
});

it('follows a place that is left and taken again, and a person who gets a number last', async () => {
  const before = await found();
  await test.ownerQuery('delete from facts.person where index_no = 15');
  expect(await found()).toBe(before - 1);
  await insertIndexFacts(test.ownerQuery, { indexNo: 15 });
  expect(await found()).toBe(before);
  await insertRecordOwner(test.ownerQuery, 21, { id: randomUUID(), providerId: PROVIDER });
  await insertIndexFacts(test.ownerQuery, { indexNo: 21 });
  expect(await found()).toBe(before);
  await test.ownerQuery(`insert into register.person_index (person_id, index_no) values (${ids(21)}, 21)`);
  expect(await found()).toBe(before + 1);
});

it('keeps no name of whoever was erased', async () => {
  await insertIndexPerson(test.ownerQuery, { n: 17 });
  await test.ownerQuery(`select register.forget_facts(${ids(17)})`);
  expect(await test.ownerQuery(`select from cohort.found_change where person_id = ${ids(17)}`)).toEqual([]);
});

/** A transaction of the owner that stays open. */
async function openTransaction(): Promise<[(sql: string) => Promise<unknown>, () => Promise<unknown>]> {
  const client = new Client({ connectionString: test.ownerUrl });
  await client.connect();
  await client.query('begin');
  return [
    (sql) => client.query(sql),
    async () => {
      await client.query('commit');
      await client.end();
    },
  ];
}
