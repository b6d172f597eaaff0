import { randomUUID } from 'node:crypto';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { createLedger, createSequencer, PlainKeyUseLog, publishAll } from '../testing';
import { fsckLedger, openingsCheck } from '.';

jest.setTimeout(120_000);

let test: TestDatabase;
const [anna, ben] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
const TABLES = ['entry', 'opening', 'subject_key'] as const;

beforeAll(async () => {
  test = await startTestDatabase();
  const ledger = createLedger(test);
  await ledger.onApplicationBootstrap();
  await test.database.transaction('worker', (tx) =>
    ledger.appendMany(
      tx,
      [anna, anna, ben, undefined].map((subjectId) => ({
        kind: 'person',
        code: 'consent.granted',
        ...(subjectId && { subjectId }),
      })),
    ),
  );
  await publishAll(createSequencer(test));
  for (const table of TABLES) {
    await test.ownerQuery(`alter table ledger.${table} disable trigger user`);
    await test.ownerQuery(`create table public.kept_${table} as table ledger.${table}`);
  }
}, 120_000);
afterAll(() => test.close());

afterEach(async () => {
  for (const table of TABLES) {
    await test.ownerQuery(`delete from ledger.${table}`);
    await test.ownerQuery(`insert into ledger.${table} select * from public.kept_${table}`);
  }
});

async function findings(): Promise<string[]> {
  const { database, runtime, custody, config } = test;
  const checks = [openingsCheck({ database, runtime, custody, keyUseLog: new PlainKeyUseLog() })];
  const report = await database.transaction('worker', (tx) =>
    fsckLedger(tx, { origin: config.origin, publicKey: custody.ledgerPublicKey(), checks }),
  );
  return report.findings.map(({ table, key }) => `${table} ${key}`);
}

const indexesOf = async (subjectId: string): Promise<string[]> => {
  const rows = await test.ownerQuery<{ index: string }>(
    'select index from ledger.opening where subject_id = $1 order by index',
    [subjectId],
  );
  return rows.map(({ index }) => index);
};

it('opens everything, with one access event a subject and a trace of each key', async () => {
  expect(await findings()).toEqual([]);
  const events = await test.ownerQuery<{ subject_id: string | null; unwraps: string }>(
    `select subject_id, (select count(*) from platform.key_unwrap u where u.access_event_id = a.id) as unwraps
     from audit.access_event a where act = 'ledger.openings-checked' order by subject_id`,
  );
  expect(events).toEqual([anna, ben, null].map((subject_id) => ({ subject_id, unwraps: '1' })));
});

describe('names the row after a superuser', () => {
  it('changed an opening', async () => {
    const [first] = await indexesOf(anna);
    await test.ownerQuery(
      'update ledger.opening set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20)) where index = $1',
      [first],
    );
    expect(await findings()).toEqual([`ledger.opening index ${first}`]);
  });

  it('gave an opening to another subject', async () => {
    const [index] = await indexesOf(ben);
    await test.ownerQuery('update ledger.opening set subject_id = $1 where index = $2', [anna, index]);
    expect(await findings()).toEqual([`ledger.opening index ${index}`]);
  });

  it('swapped the ids of two entries', async () => {
    const [first, second] = await indexesOf(anna);
    await test.ownerQuery('update ledger.entry set id = gen_random_uuid() where index = $1', [first]);
    await test.ownerQuery(
      'update ledger.entry set id = (select id from public.kept_entry where index = $1) where index = $2',
      [first, second],
    );
    expect(await findings()).toEqual([`ledger.opening index ${first}`]);
  });

  it('swapped two openings of one subject', async () => {
    const [first, second] = await indexesOf(anna);
    await test.ownerQuery(
      `update ledger.opening o set sealed = k.sealed from public.kept_opening k
       where o.index in ($1, $2) and k.index in ($1, $2) and k.index <> o.index`,
      [first, second],
    );
    expect(await findings()).toEqual([`ledger.opening index ${first}`]);
  });

  it.each([
    [
      'changed a key',
      'update ledger.subject_key set wrapped = set_byte(wrapped, 20, 255 - get_byte(wrapped, 20)) where subject_id = $1',
    ],
    [
      'changed the epoch of a key',
      `with made as (insert into platform.key_epoch (epoch, state) values (7, 'alive'))
       update ledger.subject_key set epoch = 7 where subject_id = $1`,
    ],
    ['deleted a key', 'delete from ledger.subject_key where subject_id = $1'],
  ])('%s', async (_, sql) => {
    await test.ownerQuery(sql, [ben]);
    const [index] = await indexesOf(ben);
    expect(await findings()).toEqual([`ledger.subject_key subject ${ben}`, `ledger.opening index ${index}`]);
  });

  it('brought back what was erased, or erased without a word', async () => {
    const erasure = randomUUID();
    await test.ownerQuery('alter table ledger.erasure disable trigger all');
    await test.ownerQuery('alter table ledger.erased_subject disable trigger all');
    await test.ownerQuery(
      `insert into ledger.erasure (id, entry_id, leaves, root, open_until) values ($1, $1, '', sha256(''), now())`,
      [erasure],
    );
    await test.ownerQuery('insert into ledger.erased_subject values ($1, $2)', [anna, erasure]);
    const [first] = await indexesOf(anna);
    expect(await findings()).toEqual([
      `ledger.erasure id ${erasure}`,
      `ledger.subject_key subject ${anna}`,
      `ledger.opening index ${first}`,
    ]);
    await test.ownerQuery('delete from ledger.erased_subject');
    await test.ownerQuery('delete from ledger.erasure');
  });
});
