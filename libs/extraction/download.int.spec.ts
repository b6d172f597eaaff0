import type { Member } from '@aceso/identity/testing';
import type { Download } from './download.service';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

describe('until the whole file was sent', () => {
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
  /** Sends the bytes to their end; how many there were. */
  const send = async (start?: number, end?: number): Promise<number> => {
    const download = await open(start, end);
    const sent = Buffer.concat(await download.content.toArray()).length;
    await kit.downloads.ended(download, true);
    return sent;
  };
  const isFetched = async (): Promise<boolean | undefined> =>
    (
      await kit.test.ownerQuery<{ fetched: boolean }>(
        `select first_fetched_at is not null as fetched from extraction.package
          where order_id = $1 order by edition desc limit 1`,
        [sale.orderId],
      )
    )[0]?.fetched;
  const left = (): Promise<{ person: string; reason: string }[]> =>
    kit.test.ownerQuery(`select person_id as person, reason from extraction.exclusion where order_id = $1`, [
      sale.orderId,
    ]);
  const renewing = { code: 'PACKAGE_RENEWING' };

  it('a look at it and its first byte do not end the right to revoke', async () => {
    const { partyId } = sale.buyer.actor;
    const before = await kit.downloads.describe(partyId, sale.orderId);
    expect(await send(0, 0)).toBe(1);
    await kit.revoke(persons[0]!);
    await expect(open(1)).rejects.toMatchObject(renewing);
    await expect(kit.downloads.describe(partyId, sale.orderId)).rejects.toMatchObject(renewing);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    // Who goes on with the edition before gets the new one whole, not bytes of another file.
    const resumed = await kit.downloads.open(partyId, sale.orderId, {
      range: { start: 1 },
      unless: `"${before.sha256}"`,
    });
    expect(resumed).toMatchObject({ start: 0, partial: false });
    expect(resumed.sha256).not.toBe(before.sha256);
    resumed.content.destroy();
    expect(await left()).toEqual([{ person: persons[0]!.personId, reason: 'GATE_MOVED' }]);
  });

  it('parts count in any order, and the last one ends it', async () => {
    const { bytes } = await kit.downloads.describe(sale.buyer.actor.partyId, sale.orderId);
    await send(1000);
    expect(await isFetched()).toBe(false);
    await send(10, 999);
    await send(bytes - 1);
    expect(await isFetched()).toBe(false);
    await send(0, 9);
    expect(await isFetched()).toBe(true);
    await kit.revoke(persons[1]!);
    expect(await send()).toBe(bytes);
  });

  it('a connection that breaks counts what was read, and never its last byte', async () => {
    const nothing = await open();
    nothing.content.destroy();
    await kit.downloads.ended(nothing, false);
    const broken = await open();
    const sent = Buffer.concat(await broken.content.toArray()).length;
    await kit.downloads.ended(broken, false);
    expect(await isFetched()).toBe(false);
    expect(await send(sent - 1)).toBe(1);
    expect(await isFetched()).toBe(true);
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
    await send();
    expect(await isFetched()).toBe(true);
    expect(await left()).toEqual([{ person: expired.personId, reason: 'GATE_MOVED' }]);
  });

  it('every response is written down with its range before its first byte', async () => {
    const download = await open(5, 10);
    const rows = await kit.test.ownerQuery(
      `select f.range_start, f.range_end, e.act from extraction.fetch f join audit.access_event e on e.id = f.access_event_id
        where f.package_id = $1`,
      [download.packageId],
    );
    expect(rows).toEqual([{ range_start: '5', range_end: '10', act: 'package.fetched' }]);
    download.content.destroy();
  });
});
