import { join } from 'node:path';
import { EmissionThreads } from './emission-threads';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

describe('a worker that was overtaken', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    const provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 13);
  });
  afterAll(() => kit.test.close());

  const count = async (sql: string, orderId: string): Promise<number> =>
    Number((await kit.test.ownerQuery<{ n: string }>(sql, [orderId]))[0]?.n);
  const releases = ({ orderId }: FundedSale): Promise<number> =>
    count(`select count(*) as n from extraction.package where order_id = $1`, orderId);
  const earnings = ({ orderId }: FundedSale): Promise<number> =>
    count(
      `select count(*) as n from settlement.posting p join settlement.transfer t on t.id = p.transfer_id
         join settlement.account a on a.id = p.account_id where a.kind = 'patient' and t.order_id = $1`,
      orderId,
    );

  it('cannot finish a shard that another one took', async () => {
    const sale = await kit.sale(persons);
    const work = await kit.plans.plan(sale.orderId);
    const job = { orderId: sale.orderId, attemptId: work!.attemptId, shard: 0 };
    const both = await Promise.allSettled([kit.emission.emit(job), kit.emission.emit(job)]);
    expect(both.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'ATTEMPT_OVERTAKEN' } });
    await kit.emission.emit(job); // a third run finds it done
    await kit.run(sale.orderId);
    expect([await releases(sale), await earnings(sale)]).toEqual([1, 13]);
    const [row] = await kit.test.ownerQuery<{ orphans: string }>(
      `select count(*) as orphans from extraction.member m join extraction.attempt a on a.id = m.attempt_id
        where a.order_id = $1 and m.state <> 'released'`,
      [sale.orderId],
    );
    expect(row).toEqual({ orphans: '0' });
  });

  it('leaves nothing of a shard whose thread ended, and the next run finishes it with the same rows', async () => {
    const sale = await kit.sale(persons);
    const work = await kit.plans.plan(sale.orderId);
    const job = { orderId: sale.orderId, attemptId: work!.attemptId, shard: 0 };
    const lost = kit.emissionIn(new EmissionThreads(2, join(__dirname, 'testing/lost.thread.ts')));
    await expect(lost.emit(job)).rejects.toMatchObject({ code: 'THREAD_LOST' });
    const blobs = async (): Promise<string[]> => {
      const keys: string[] = [];
      for await (const key of kit.test.blobs.list(`extraction/${work!.attemptId}/`)) keys.push(key);
      return keys;
    };
    expect(await blobs()).toEqual([]);
    const three = new EmissionThreads(3);
    await kit.emissionIn(three).emit(job);
    await three.onModuleDestroy();
    expect(await blobs()).toContainEqual(expect.stringMatching(/patient\.ndjson$/));
    await kit.run(sale.orderId);
    expect([await releases(sale), await earnings(sale)]).toEqual([1, 13]);
  });

  it('cannot release what another one released', async () => {
    const sale = await kit.sale(persons);
    const attempt = await kit.emit(sale.orderId);
    const both = await Promise.allSettled([
      kit.releases.release(sale.orderId, attempt!),
      kit.releases.release(sale.orderId, attempt!),
    ]);
    const refused = both.filter((one) => one.status === 'rejected');
    for (const one of refused) expect(one).toMatchObject({ reason: { code: 'ATTEMPT_OVERTAKEN' } });
    await kit.releases.release(sale.orderId, attempt!);
    await kit.run(sale.orderId);
    expect([await releases(sale), await earnings(sale)]).toEqual([1, 13]);
  });

  it('delivers one file, whoever encrypts it', async () => {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    const file = await kit.watch.package(sale.buyer.actor.partyId, sale.orderId);
    const [row] = await kit.test.ownerQuery<{ id: string }>(`select id from extraction.package where order_id = $1`, [
      sale.orderId,
    ]);
    await kit.deliveries.deliver(row!.id);
    expect(await kit.watch.package(sale.buyer.actor.partyId, sale.orderId)).toEqual(file);
  });

  it('leaves a person out whose record was tampered with, and pays for the others', async () => {
    const sale = await kit.sale(persons);
    const damaged = persons[4]!;
    await kit.test.ownerQuery('alter table register.segment disable trigger all');
    await kit.test.ownerQuery(
      `update register.segment set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) where source_record_id = $1`,
      [damaged.record],
    );
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    expect(await earnings(sale)).toBe(12);
    const [left] = await kit.test.ownerQuery<{ reason: string }>(
      `select reason from extraction.exclusion where order_id = $1 and person_id = $2`,
      [sale.orderId, damaged.personId],
    );
    expect(left).toEqual({ reason: 'RECORD_UNREADABLE' });
  });

  it('leaves a person out whose key does not open, and pays for the others', async () => {
    const sale = await kit.sale(persons);
    await kit.test.ownerQuery(
      `update register.source_record set key_wrapped = set_byte(key_wrapped, 20, get_byte(key_wrapped, 20) # 1)
        where id = $1`,
      [persons[5]!.record],
    );
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    const left = await kit.test.ownerQuery<{ person: string; reason: string }>(
      `select person_id as person, reason from extraction.exclusion where order_id = $1`,
      [sale.orderId],
    );
    // The record that the test before damaged is out, too.
    expect(left).toContainEqual({ person: persons[5]!.personId, reason: 'RECORD_UNREADABLE' });
    expect(await earnings(sale)).toBe(11);
  });
});
