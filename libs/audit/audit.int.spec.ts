import { randomUUID } from 'node:crypto';
import { asId, type PartyId } from '@aceso/kernel';
import type { DatabaseRole, Tx } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { AuditService } from './audit.service';
import { createAudit } from './testing';

const ACTOR: PartyId = asId('22222222-2222-4222-8222-222222222222');

let test: TestDatabase;
let audit: AuditService;

beforeAll(async () => {
  test = await startTestDatabase();
  ({ audit } = createAudit(test));
}, 120_000);
afterAll(() => test.close());

const count = async (sql: string, params: readonly unknown[] = []): Promise<number> => {
  const [row] = await test.ownerQuery<{ count: string }>(`select count(*) from ${sql}`, params);
  return Number(row?.count);
};

/** What the api reads while it acts for a party. */
const as = <Result>(partyId: string, use: (tx: Tx) => Promise<Result>): Promise<Result> =>
  test.database.transaction('api', async (tx) => {
    await tx.actAs(partyId);
    return use(tx);
  });

it('writes an event, its entry and the trace of the key in the acting transaction', async () => {
  const subjectId = randomUUID();
  const id = await test.database.transaction('api', (tx) =>
    audit.record(tx, { act: 'record.opened', actorId: ACTOR, subjectId, outcome: 'permitted', detail: { order: 'x' } }),
  );
  const [event] = await as(subjectId, (tx) => audit.eventsOf(tx, [subjectId], { limit: 10 }));
  expect(event).toMatchObject({ id, act: 'record.opened', actorId: ACTOR, subjectId, outcome: 'permitted' });
  expect(await count('ledger.pending where id = $1', [event?.ledgerEntryId])).toBe(1);
  // A new key is not opened, so it leaves no trace yet; the next use of it does, with this event's successor as reason.
  expect(await count('platform.key_unwrap where key_owner = $1', [subjectId])).toBe(0);
  const next = await test.database.transaction('api', (tx) =>
    audit.record(tx, { act: 'record.opened', actorId: ACTOR, subjectId, outcome: 'permitted' }),
  );
  expect(await count('platform.key_unwrap where key_owner = $1 and access_event_id = $2', [subjectId, next])).toBe(1);
  const [row] = await test.ownerQuery<{ text: string }>(
    'select e::text as text from audit.access_event e where id = $1',
    [id],
  );
  expect(row?.text).not.toContain('order');
});

it('leaves nothing behind when the act fails', async () => {
  const subjectId = randomUUID();
  const act = test.database.transaction('api', async (tx) => {
    await audit.record(tx, { act: 'record.opened', actorId: ACTOR, subjectId, outcome: 'permitted' });
    throw new Error('the act failed');
  });
  await expect(act).rejects.toThrow('the act failed');
  expect(await count('audit.access_event where subject_id = $1', [subjectId])).toBe(0);
  expect(await count('ledger.pending where subject_id = $1', [subjectId])).toBe(0);
  expect(await count('ledger.subject_key where subject_id = $1', [subjectId])).toBe(0);
  // The key that rolled back must not live on in memory: what it sealed could never be opened.
  await test.database.transaction('api', (tx) =>
    audit.record(tx, { act: 'record.opened', actorId: ACTOR, subjectId, outcome: 'permitted' }),
  );
  expect(await count('ledger.subject_key where subject_id = $1', [subjectId])).toBe(1);
});

it('records sets, in their order, and pages through the events of one person', async () => {
  const mine = randomUUID();
  const others = randomUUID();
  await test.database.transaction('worker', (tx) =>
    audit.recordMany(
      tx,
      Array.from({ length: 2500 }, (_, n) => ({
        act: `read.n${n}`,
        actorId: null,
        subjectId: n % 2 === 0 ? mine : others,
        outcome: 'permitted' as const,
      })),
    ),
  );
  const page = (limit: number, before?: string) =>
    as(mine, (tx) => audit.eventsOf(tx, [mine], { limit, ...(before === undefined ? {} : { before }) }));
  const first = await page(3);
  expect(first.map(({ act }) => act)).toEqual(['read.n2498', 'read.n2496', 'read.n2494']);
  const second = await page(2, first[2]?.sequence);
  expect(second.map(({ act }) => act)).toEqual(['read.n2492', 'read.n2490']);
  expect(await as(mine, (tx) => audit.eventsOf(tx, [randomUUID()], { limit: 3 }))).toEqual([]);
  // One batch of 2,500 entries opens each of the two keys no more than once.
  expect(await count('platform.key_unwrap where key_owner = any($1)', [[mine, others]])).toBe(0);
});

it('keeps the detail of an event without a subject in its row', async () => {
  const id = await test.database.transaction('api', (tx) =>
    audit.record(tx, { act: 'cohort.counted', actorId: ACTOR, outcome: 'permitted', detail: { criteria: 'abc' } }),
  );
  const rows = await test.ownerQuery('select detail, ledger_entry_id from audit.access_event where id = $1', [id]);
  expect(rows).toEqual([{ detail: { criteria: 'abc' }, ledger_entry_id: null }]);
});

it.each([
  ['changed', 'update audit.access_event set act = $1'],
  ['deleted', 'delete from audit.access_event where act <> $1'],
])('an event cannot be %s, not even by the owner', async (_, sql) => {
  await expect(test.ownerQuery(sql, ['x.y'])).rejects.toThrow('append-only');
  await expect(test.ownerQuery('truncate audit.access_event cascade')).rejects.toThrow('append-only');
});

it('shows the api what a party did and what concerns it, and nothing of anybody else', async () => {
  const [actor, subject] = [randomUUID(), randomUUID()];
  await test.database.transaction('worker', (tx) =>
    audit.recordMany(tx, [
      { act: 'own.act', actorId: asId(actor), outcome: 'permitted' },
      { act: 'own.concern', actorId: null, subjectId: actor, outcome: 'permitted' },
      { act: 'foreign.act', actorId: ACTOR, subjectId: subject, outcome: 'permitted' },
    ]),
  );
  const acts = async (tx: Pick<Tx, 'query'>) => {
    const rows = await tx.query<{ act: string }>('select act from audit.access_event');
    return rows.map(({ act }) => act).filter((act) => !act.startsWith('ledger.'));
  };
  expect(await as(actor, acts)).toEqual(['own.act', 'own.concern']);
  expect(await as(randomUUID(), acts)).toEqual([]);
  expect(await as(actor, (tx) => audit.eventsOf(tx, [subject], { limit: 9 }))).toEqual([]);
  expect(await test.database.query('api', 'select 1 from audit.access_event')).toEqual([]);
});

it.each(['worker', 'sequencer', 'vault', 'index'] as const)(
  'events cannot be read by the role %s',
  async (role: DatabaseRole) => {
    await expect(test.database.query(role, 'select * from audit.access_event')).rejects.toThrow('permission denied');
  },
);

it('no key is opened without an event that says why', async () => {
  const unwrap = test.ownerQuery(
    'insert into platform.key_unwrap (key_owner, epoch, access_event_id) values ($1, 1, $1)',
    [randomUUID()],
  );
  await expect(unwrap).rejects.toThrow('key_unwrap_reason');
});
