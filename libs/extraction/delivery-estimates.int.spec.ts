import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { DeliveryEstimates } from './delivery-estimates';
import { RATE_ORDERS_MIN } from './domain/delivery-estimate';

describe('the rate at which packages were made', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await startTestDatabase();
    // Attempts and packages alone: neither requests nor ledger entries stand behind these rows.
    for (const [table, column] of [
      ['attempt', 'order_id'],
      ['package', 'order_id'],
      ['package', 'entry_id'],
      ['member', 'attempt_id_shard_index'],
    ]) {
      await test.ownerQuery(`alter table extraction.${table} drop constraint if exists ${table}_${column}_fkey`);
    }
  });
  afterAll(() => test.close());

  /** An order whose package took so long, of so many persons; others were planned and left. */
  async function made(persons: number, seconds: number, edition = 1): Promise<void> {
    const [row] = await test.ownerQuery<{ id: string }>(
      `insert into extraction.attempt (id, order_id, edition, number, state, record_date, generalisation, plan, started_at, ended_at)
       values (gen_random_uuid(), gen_random_uuid(), $1, 1, 'released', current_date, '{}', '{}', now() - make_interval(secs => $2), now())
       returning id`,
      [edition, seconds],
    );
    await test.ownerQuery(
      `insert into extraction.member (attempt_id, person_id, shard_index, grant_digest, gate_version, provider_ids, state)
       select $1, gen_random_uuid(), 0, repeat('a', 64), 1, array[gen_random_uuid()], case when n <= $2 then 'released' else 'planned' end
         from generate_series(1, $2 + 3) n`,
      [row!.id, persons],
    );
    await test.ownerQuery(
      `insert into extraction.package (id, order_id, edition, attempt_id, folder, manifest_sha256, entry_id)
       select gen_random_uuid(), order_id, edition, id, 'folder', repeat('a', 64), gen_random_uuid() from extraction.attempt where id = $1`,
      [row!.id],
    );
    await test.ownerQuery(
      `update extraction.package p set state = 'ready', sha256 = repeat('b', 64), bytes = 1, blob_key = 'key', ready_at = a.ended_at
         from extraction.attempt a where a.id = $1 and p.attempt_id = a.id`,
      [row!.id],
    );
  }

  it('is the median of eleven orders or more, each by the persons in its package', async () => {
    const estimates = new DeliveryEstimates(test.database);
    for (let nth = 1; nth < RATE_ORDERS_MIN; nth += 1) await made(20, 20 * nth);
    await made(20, 1, 2); // made anew: no order of its own
    expect(await estimates.rate()).toBeNull();
    await made(10, 110);
    expect(await estimates.rate()).toEqual({ orders: RATE_ORDERS_MIN, secondsAPerson: 6 });
  });

  it('is all that role api sees of it', async () => {
    for (const table of ['attempt', 'member']) {
      await expect(test.database.query('api', `select from extraction.${table}`)).rejects.toMatchObject({
        code: '42501',
      });
    }
  });
});
