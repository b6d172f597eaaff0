import type { Member } from '@aceso/identity/testing';
import { holdLock } from '@aceso/platform/testing';
import { FETCHES_A_DAY_MAX, type Download } from './download.service';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

describe('the download of a package', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  let sale: FundedSale;
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 16);
  });
  afterAll(() => kit.test.close());
  beforeEach(async () => {
    sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
  });

  const open = (start?: number, end?: number): Promise<Download> =>
    kit.downloads.open(
      sale.buyer.actor.partyId,
      sale.orderId,
      start === undefined ? {} : { range: { start, ...(end !== undefined && { end }) } },
    );
  const isFetched = async (): Promise<boolean | undefined> =>
    (
      await kit.test.ownerQuery<{ fetched: boolean }>(
        `select first_fetched_at is not null as fetched from extraction.package
          where order_id = $1 order by edition desc limit 1`,
        [sale.orderId],
      )
    )[0]?.fetched;
  const fetches = (): Promise<object[]> =>
    kit.test.ownerQuery(
      `select f.range_start, f.range_end, e.act from extraction.fetch f
         join extraction.package p on p.id = f.package_id join audit.access_event e on e.id = f.access_event_id
        where p.order_id = $1`,
      [sale.orderId],
    );
  const left = (): Promise<{ person: string; reason: string }[]> =>
    kit.test.ownerQuery(`select person_id as person, reason from extraction.exclusion where order_id = $1`, [
      sale.orderId,
    ]);
  const renewing = { code: 'PACKAGE_RENEWING' };

  it('is called back by a revocation while it was only looked at, and then comes as another file', async () => {
    const { partyId } = sale.buyer.actor;
    const before = await kit.downloads.describe(partyId, sale.orderId);
    await kit.revoke(persons[0]!);
    await expect(open(1)).rejects.toMatchObject(renewing);
    await expect(kit.downloads.describe(partyId, sale.orderId)).rejects.toMatchObject(renewing);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    // Who asks for a part of the edition before gets the new one whole, not bytes of another file.
    const resumed = await kit.downloads.open(partyId, sale.orderId, {
      range: { start: 1 },
      unless: `"${before.sha256}"`,
    });
    expect(resumed).toMatchObject({ start: 0, partial: false });
    expect(resumed.sha256).not.toBe(before.sha256);
    resumed.content.destroy();
    expect(await left()).toEqual([{ person: persons[0]!.personId, reason: 'GATE_MOVED' }]);
  });

  it('is still being made for whoever waited while another package took its place', async () => {
    await kit.revoke(persons[3]!);
    await expect(open()).rejects.toMatchObject(renewing);
    const attemptId = await kit.emit(sale.orderId);
    const held = await holdLock(kit.test, 'lock table extraction.disclosure in share mode');
    const release = kit.releases.release(sale.orderId, attemptId!);
    await held.waiters(1); // it has replaced the package and goes on with what is disclosed
    const { partyId } = sale.buyer.actor;
    const asked = Promise.allSettled([open(), kit.downloads.describe(partyId, sale.orderId)]);
    await held.waiters(3); // both wait for the release
    await held.letGo();
    await release;
    for (const answer of await asked) expect(answer).toMatchObject({ status: 'rejected', reason: renewing });
    await kit.deliver(sale.orderId);
    (await open()).content.destroy();
  });

  it('ends the right to revoke with its first response: who withholds a byte sees nobody leave', async () => {
    const most = await open(1);
    most.content.destroy();
    expect(await isFetched()).toBe(true);
    await kit.revoke(persons[1]!);
    const { partyId } = sale.buyer.actor;
    expect(await kit.downloads.describe(partyId, sale.orderId)).toMatchObject({ sha256: most.sha256 });
    const whole = await open();
    expect(whole.sha256).toBe(most.sha256);
    whole.content.destroy();
    expect(await left()).toEqual([]);
  });

  it('is refused in small pieces before its end, and nothing is written down for them', async () => {
    for (const end of [0, 100]) await expect(open(0, end)).rejects.toMatchObject({ code: 'RANGE_NOT_SATISFIABLE' });
    expect(await isFetched()).toBe(false);
    expect(await fetches()).toEqual([]);
  });

  it('is answered so many times in 24 hours and no more', async () => {
    const first = await open();
    first.content.destroy();
    const earlier = (count: number, hours: number): Promise<unknown> =>
      kit.test.ownerQuery(
        `insert into extraction.fetch (id, package_id, access_event_id, entry_id, range_start, range_end, fetched_at)
         select gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid(), 0, 1, now() - make_interval(hours => $3)
           from generate_series(1, $2::integer)`,
        [first.packageId, count, hours],
      );
    await earlier(FETCHES_A_DAY_MAX, 25);
    await earlier(FETCHES_A_DAY_MAX - 2, 1);
    (await open()).content.destroy();
    await expect(open()).rejects.toMatchObject({ code: 'FETCH_LIMIT_REACHED' });
  });

  it('a grant that ran out since the release sends it back', async () => {
    const expired = persons[2]!;
    await kit.test.ownerQuery('alter table consent.grant disable trigger user');
    await kit.test.ownerQuery(
      `update consent.grant set expires_at = clock_timestamp() where digest = decode($1, 'hex')`,
      [expired.grant],
    );
    await kit.test.ownerQuery('alter table consent.grant enable trigger user');
    await expect(open()).rejects.toMatchObject(renewing);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    (await open()).content.destroy();
    expect(await left()).toEqual([{ person: expired.personId, reason: 'GATE_MOVED' }]);
  });

  it('is written down with its range before its first byte', async () => {
    const download = await open(5);
    expect(await fetches()).toEqual([
      { range_start: '5', range_end: String(download.bytes - 1), act: 'package.fetched' },
    ]);
    download.content.destroy();
  });
});
