import { join } from 'node:path';
import { KeyUseEvents } from '@aceso/audit';
import { fsckLedger, openingsCheck } from '@aceso/ledger';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import { KeyCustody } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { compareSegments, segmentRowsCheck } from './segment-check';
import { addProvider, ndjson, RegisterKit } from './testing';

jest.setTimeout(120_000);

let test: TestDatabase;

beforeAll(async () => {
  test = await startTestDatabase();
  const kit = new RegisterKit(test);
  const provider = await addProvider(test);
  const condition = (id: string) => ({
    resourceType: 'Condition',
    id,
    subject: { reference: 'Patient/p1' },
    code: { coding: [{ system: 'http://snomed.info/sct', code: '44054006' }] },
  });
  await kit.ingest(provider, ndjson({ resourceType: 'Patient', id: 'p1', birthDate: '1980-02-29' }, condition('c1')));
  await kit.ingest(provider, ndjson(condition('c2')));
  await publishAll(createSequencer(test));
  for (const table of ['segment', 'source_record']) {
    await test.ownerQuery(`alter table register.${table} disable trigger user`);
    await test.ownerQuery(`create table public.kept_${table} as table register.${table}`);
  }
}, 120_000);
afterAll(() => test.close());

afterEach(async () => {
  await test.ownerQuery('delete from register.segment');
  await test.ownerQuery('insert into register.segment select * from public.kept_segment');
  await test.ownerQuery(
    `update register.source_record r set head_sequence = k.head_sequence, head_digest = k.head_digest
     from public.kept_source_record k where k.id = r.id`,
  );
});

async function findings(): Promise<string[]> {
  const { database, runtime, config } = test;
  const parts = {
    database,
    runtime,
    custody: new KeyCustody(join(config.home, 'keys'), []),
    keyUseLog: new KeyUseEvents(runtime),
    compare: compareSegments,
  };
  const { findings: found } = await database.transaction('worker', (tx) =>
    fsckLedger(tx, {
      origin: config.origin,
      publicKey: test.custody.ledgerPublicKey(),
      checks: [segmentRowsCheck, openingsCheck(parts)],
    }),
  );
  return found.map(({ table, key }) => `${table} ${key.replace(/[0-9a-f-]{36}/, 'r')}`);
}

it('finds nothing where records are as they were sealed, and leaves an access event for each subject', async () => {
  expect(await findings()).toEqual([]);
  const [row] = await test.ownerQuery<{ subjects: string; events: string }>(
    `select (select count(distinct subject_id) from ledger.opening) as subjects,
       (select count(*) from audit.access_event where act = 'ledger.openings-checked') as events`,
  );
  expect(row?.events).toBe(row?.subjects);
});

it.each([
  [
    'cut a tail off and moved the head back',
    [
      'delete from register.segment where sequence = 2',
      `update register.source_record r set head_sequence = 1, head_digest = s.digest
       from register.segment s where s.source_record_id = r.id and r.head_sequence = 2`,
    ],
    ['register.segment source record r, sequence 2'],
  ],
  [
    'cut a tail off',
    ['delete from register.segment where sequence = 2'],
    ['register.source_record source record r', 'register.segment source record r, sequence 2'],
  ],
  [
    'changed a digest',
    [`update register.segment set digest = sha256(digest) where sequence = 2`],
    ['register.source_record source record r', 'register.segment source record r, sequence 2'],
  ],
  [
    'moved a head back',
    [`update register.source_record r set head_sequence = 1 where head_sequence = 2`],
    ['register.source_record source record r'],
  ],
  [
    'sealed a segment that the ledger has no entry of',
    [`update register.segment set ledger_entry_id = gen_random_uuid() where sequence = 2`],
    ['register.segment source record r, sequence 2'],
  ],
])('names the first bad row after somebody %s', async (_, edits, expected) => {
  for (const edit of edits) await test.ownerQuery(edit);
  expect(await findings()).toEqual(expected);
});
