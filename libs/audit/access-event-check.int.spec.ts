import { randomUUID } from 'node:crypto';
import { fsckLedger, type FsckReport } from '@aceso/ledger';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { createAudit } from './testing';
import { accessEventsCheck } from '.';

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
  await createAudit(test).ledger.onApplicationBootstrap();
}, 120_000);
afterAll(() => test.close());

const record = (): Promise<unknown> =>
  test.database.transaction('worker', (tx) =>
    createAudit(test).audit.record(tx, {
      act: 'record.read',
      actorId: null,
      subjectId: randomUUID(),
      outcome: 'permitted',
    }),
  );
const check = (): Promise<FsckReport> =>
  test.database.transaction('worker', (tx) =>
    fsckLedger(tx, {
      origin: test.config.origin,
      publicKey: test.custody.ledgerPublicKey(),
      checks: [accessEventsCheck],
    }),
  );

it('names the event whose entry was deleted on its way into the log, and none whose entry is there or waits', async () => {
  await record();
  await publishAll(createSequencer(test));
  await record();
  expect(await check()).toMatchObject({ findings: [], checks: expect.arrayContaining(['access events']) });
  const [event] = await test.ownerQuery<{ seq: string }>('select max(seq) as seq from audit.access_event');
  await test.ownerQuery('delete from ledger.pending');
  expect((await check()).findings).toMatchObject([{ table: 'audit.access_event', key: `seq ${event?.seq}` }]);
});

it('shows the worker nothing of an event but its entry', async () => {
  for (const column of ['act', 'actor_id', 'subject_id', 'detail', 'occurred_at']) {
    await expect(test.database.query('worker', `select ${column} from audit.access_event`)).rejects.toThrow(
      'permission denied',
    );
  }
});
