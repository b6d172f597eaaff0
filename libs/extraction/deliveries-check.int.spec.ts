import { randomUUID } from 'node:crypto';
import type { FsckContext, FsckFinding } from '@aceso/ledger';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { deliveriesCheck } from './deliveries-check';

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
}, 120_000);
afterAll(() => test.close());

it('names the fetch of which the ledger knows nothing', async () => {
  const [id, entry] = [randomUUID(), randomUUID()];
  await test.ownerQuery('alter table extraction.fetch disable trigger all');
  await test.ownerQuery(
    `insert into extraction.fetch (id, package_id, access_event_id, entry_id, range_start, range_end)
     values ($1, $1, $1, $2, 0, 1)`,
    [id, entry],
  );
  const check = (): Promise<FsckFinding[]> =>
    test.database.transaction('worker', async (tx) => {
      const findings: FsckFinding[] = [];
      for await (const finding of deliveriesCheck.run({ reader: tx } as unknown as FsckContext)) findings.push(finding);
      return findings;
    });
  expect(await check()).toMatchObject([{ table: 'extraction.fetch', key: `id ${id}` }]);
  await test.ownerQuery(`insert into ledger.entry (index, id, bytes) values (0, $1, '\\x00')`, [entry]);
  expect(await check()).toEqual([]);
});
