import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Member } from '@aceso/identity/testing';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

describe('gates of an order', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 16);
  });
  afterAll(() => kit.test.close());

  const released = async ({ orderId }: FundedSale): Promise<string[]> =>
    (
      await kit.test.ownerQuery<{ person: string }>(
        `select m.person_id as person from extraction.member m
           join extraction.package p on p.attempt_id = m.attempt_id and p.state in ('released', 'ready')
          where p.order_id = $1 and m.state = 'released' order by 1`,
        [orderId],
      )
    ).map(({ person }) => person);
  const earners = async ({ orderId }: FundedSale): Promise<string[]> =>
    (
      await kit.test.ownerQuery<{ person: string }>(
        `select a.owner_id as person from settlement.posting p join settlement.account a on a.id = p.account_id
           join settlement.transfer t on t.id = p.transfer_id
          where a.kind = 'patient' and t.order_id = $1 order by 1`,
        [orderId],
      )
    ).map(({ person }) => person);
  const ids = (contributors: readonly Contributor[]): string[] => contributors.map(({ personId }) => personId).sort();

  it('refunds an order of ten persons', async () => {
    const sale = await kit.sale(persons.slice(0, 10));
    const before = await kit.market.balance(sale.buyer);
    expect(await kit.run(sale.orderId)).toBe(0);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'COHORT_TOO_SMALL' });
    expect(await kit.market.balance(sale.buyer)).toBe(before + 15_000n);
    expect(await kit.watch.progress(sale.buyer.actor.partyId, sale.orderId)).toMatchObject({ stage: 'refunded' });
    const [key] = await kit.test.ownerQuery<{ gone: boolean }>(
      `select wrapped is null as gone from extraction.sale_key where order_id = $1`,
      [sale.orderId],
    );
    expect(key).toEqual({ gone: true });
  });

  it('leaves out who revoked before the plan', async () => {
    const sale = await kit.sale(persons);
    await kit.revoke(persons[0]!);
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(await released(sale)).toEqual(ids(persons.slice(1)));
    expect(await earners(sale)).toEqual(ids(persons.slice(1)));
  });

  it('does not read the records of who revoked after the plan', async () => {
    const sale = await kit.sale(persons);
    const work = await kit.plans.plan(sale.orderId);
    await kit.revoke(persons[1]!);
    const opened = async (): Promise<number> =>
      Number(
        (
          await kit.test.ownerQuery<{ n: string }>(
            `select count(*) as n from audit.access_event where act = 'record.opened' and subject_id = $1`,
            [persons[1]!.personId],
          )
        )[0]?.n,
      );
    const before = await opened();
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(work).not.toBeNull();
    expect(await opened()).toBe(before);
    expect(await released(sale)).toEqual(ids(persons.filter((_, n) => n !== 1)));
    const left = await kit.test.ownerQuery<{ reason: string }>(
      `select reason from audit.access_event where act = 'record.left-out' and subject_id = $1`,
      [persons[1]!.personId],
    );
    expect(left).toEqual([{ reason: 'GATE_MOVED' }]);
  });

  it('measures again without who revoked between emission and release', async () => {
    const sale = await kit.sale(persons);
    const attempt = await kit.emit(sale.orderId);
    await kit.revoke(persons[2]!);
    await kit.releases.release(sale.orderId, attempt!);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'extracting', reason: null });
    expect(await released(sale)).toEqual([]);
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(await released(sale)).toEqual(ids(persons.filter((_, n) => n !== 2)));
    expect(await earners(sale)).toEqual(await released(sale));
  });

  it('refunds when revocations leave too few', async () => {
    const few = persons.slice(0, 12);
    const sale = await kit.sale(few);
    const attempt = await kit.emit(sale.orderId);
    await kit.revoke(few[3]!);
    await kit.revoke(few[4]!);
    await kit.releases.release(sale.orderId, attempt!);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'COHORT_TOO_SMALL' });
    expect(await earners(sale)).toEqual([]);
    await kit.folders.clear(sale.orderId);
    for await (const key of kit.test.blobs.list(`extraction/${attempt}/`)) throw new Error(`left behind: ${key}`);
  });

  it('makes a package anew when a gate moves before the first download; what was paid stays', async () => {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    const paid = await earners(sale);
    await kit.revoke(persons[5]!);
    const { partyId } = sale.buyer.actor;
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    expect(await kit.watch.package(partyId, sale.orderId)).toBeNull();
    expect(await kit.run(sale.orderId)).toBe(1);
    await kit.deliver(sale.orderId);
    expect(await released(sale)).toEqual(ids(persons.filter((_, n) => n !== 5)));
    expect(await earners(sale)).toEqual(paid);
    const file = await kit.watch.package(partyId, sale.orderId);
    expect(file).toMatchObject({ fileName: `package-${sale.orderId}.age` });
    await kit.fetch(sale);
    // After the first response nothing can be called back.
    await kit.revoke(persons[6]!);
    (await kit.downloads.open(partyId, sale.orderId)).content.destroy();
    expect(await kit.watch.package(partyId, sale.orderId)).toEqual(file);
  });

  it('withdraws a package when too few are left before the first download', async () => {
    const few = persons.slice(0, 11);
    const sale = await kit.sale(few);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    const paid = await earners(sale);
    await kit.revoke(few[7]!);
    const { partyId } = sale.buyer.actor;
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    await kit.run(sale.orderId);
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_NOT_FOUND' });
    expect(await earners(sale)).toEqual(paid);
    expect(await kit.watch.progress(partyId, sale.orderId)).toMatchObject({ stage: 'withdrawn' });
  });

  it('lets nobody but the buyer fetch, writes every fetch down before its first byte, and resumes', async () => {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    const { partyId } = sale.buyer.actor;
    await expect(kit.downloads.open(partyId, sale.orderId)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    await kit.deliver(sale.orderId);
    const other = await kit.market.consent.identity.member('researcher');
    await expect(kit.downloads.open(other.actor.partyId, sale.orderId)).rejects.toMatchObject({
      code: 'PACKAGE_NOT_FOUND',
    });
    const whole = await kit.downloads.open(partyId, sale.orderId);
    const fetches = (): Promise<{ range_start: string }[]> =>
      kit.test.ownerQuery(
        `select f.range_start from extraction.fetch f join extraction.package p on p.id = f.package_id
          where p.order_id = $1 order by f.fetched_at`,
        [sale.orderId],
      );
    expect(await fetches()).toHaveLength(1);
    const bytes = Buffer.concat(await whole.content.toArray());
    expect(bytes.length).toBe(whole.bytes);
    const rest = await kit.downloads.open(partyId, sale.orderId, {
      range: { start: 100 },
      unless: `"${whole.sha256}"`,
    });
    expect(rest).toMatchObject({ start: 100, end: whole.bytes - 1, partial: true });
    expect(Buffer.concat(await rest.content.toArray()).equals(bytes.subarray(100))).toBe(true);
    const another = await kit.downloads.open(partyId, sale.orderId, { range: { start: 100 }, unless: '"other"' });
    expect(another).toMatchObject({ start: 0, partial: false });
    another.content.destroy();
    await expect(kit.downloads.open(partyId, sale.orderId, { range: { start: whole.bytes } })).rejects.toMatchObject({
      code: 'RANGE_NOT_SATISFIABLE',
    });
    expect((await fetches()).map((fetch) => fetch.range_start)).toEqual(['0', '100', '0']);
  });

  it('writes one disclosure a file, and keeps no plain file once it is delivered', async () => {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    const keys = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const key of kit.test.blobs.list('extraction/')) found.push(key);
      return found;
    };
    expect((await keys()).length).toBeGreaterThan(0);
    const [attempt] = await kit.test.ownerQuery<{ id: string }>(
      `select attempt_id as id from extraction.package where order_id = $1`,
      [sale.orderId],
    );
    const work = join(kit.test.config.home, 'work', 'extraction', attempt!.id);
    await mkdir(join(work, 'final-0'), { recursive: true }); // as of a worker that was killed while it made tables
    await kit.deliver(sale.orderId);
    expect(existsSync(work)).toBe(false);
    expect((await keys()).filter((key) => key.includes(attempt!.id))).toEqual([]);
    const files = await kit.test.ownerQuery<{ file: string }>(
      `select d.file from extraction.disclosure d join extraction.package p on p.id = d.package_id
        where p.order_id = $1 order by 1`,
      [sale.orderId],
    );
    expect(files.map(({ file }) => file).sort()).toEqual(
      [
        'README.md',
        'croissant.json',
        'datapackage.json',
        'data/Condition.ndjson',
        'data/Encounter.ndjson',
        'data/Observation.ndjson',
        'data/Patient.ndjson',
        'dictionary.json',
        'manifest.json',
        'manifest.sig',
        'notebooks/start.R',
        'notebooks/start.ipynb',
        'quality.html',
        'risk.html',
        'risk.json',
        'schema.sql',
        'tables/condition.parquet',
        'tables/encounter.parquet',
        'tables/observation.parquet',
        'tables/person.parquet',
      ].sort(),
    );
  });
});
