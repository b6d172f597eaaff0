import type { Member } from '@aceso/identity/testing';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(240_000);

describe('a freeze', () => {
  let kit: ExtractionKit;
  let officer: Member;
  let second: Member;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    const { identity } = kit.market.consent;
    officer = await identity.member('officer');
    second = await identity.member('officer');
    provider = await identity.member('provider');
    persons = await kit.contributors(provider, 13);
  });
  afterAll(() => kit.test.close());

  const identity = () => kit.market.consent.identity;
  const freeze = (party: Member, by = officer, confirmed = true) =>
    identity().freeze(party, by, confirmed ? second : undefined);
  const lift = async (party: Member): Promise<void> => {
    const says = { party: party.actor.partyId, step: 'reinstated', reason: 'cleared' } as const;
    const { licences } = identity();
    const text = officer.client.licence(says);
    const { statement: confirms } = await kit.market.api((tx) => licences.propose(tx, officer.actor, text));
    const confirmation = second.client.licence({ ...says, confirms });
    await kit.market.api((tx) => licences.confirm(tx, second.actor, confirmation));
  };
  const attempts = ({ orderId }: FundedSale) =>
    kit.test.ownerQuery<{ state: string; reason: string | null }>(
      'select state, reason from extraction.attempt where order_id = $1 order by number',
      [orderId],
    );

  it('of the buyer holds its order at every step, and a reinstatement lets it go on', async () => {
    const sale = await kit.sale(persons);
    const attemptId = await kit.emit(sale.orderId);
    await freeze(sale.buyer);
    await kit.releases.release(sale.orderId, attemptId!);
    expect(await attempts(sale)).toEqual([{ state: 'abandoned', reason: 'BUYER_STOPPED' }]);
    expect(await kit.plans.plan(sale.orderId)).toBeNull();
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'extracting', reason: null });
    await lift(sale.buyer);
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
  });

  it('of the buyer ends an emission before a record is opened, and an attempt that waits in a plan', async () => {
    const sale = await kit.sale(persons);
    const work = await kit.plans.plan(sale.orderId);
    await freeze(sale.buyer);
    const opened = () =>
      kit.test.ownerQuery(`select from audit.access_event where act = 'record.opened' and subject_id = $1`, [
        persons[0]!.personId,
      ]);
    const before = (await opened()).length;
    await kit.emission.emit({ orderId: sale.orderId, attemptId: work!.attemptId, shard: work!.shards[0]! });
    expect(await opened()).toHaveLength(before);
    expect(await attempts(sale)).toEqual([{ state: 'abandoned', reason: 'BUYER_STOPPED' }]);
    await lift(sale.buyer);
    await kit.plans.plan(sale.orderId);
    await freeze(sale.buyer);
    expect(await kit.plans.plan(sale.orderId)).toBeNull();
    expect((await attempts(sale)).at(-1)).toEqual({ state: 'abandoned', reason: 'BUYER_STOPPED' });
  });

  it('of the buyer that becomes a revocation gives its money back', async () => {
    const sale = await kit.sale(persons);
    await freeze(sale.buyer);
    expect(await kit.plans.plan(sale.orderId)).toBeNull();
    const says = { party: sale.buyer.actor.partyId, step: 'revoked', reason: 'misuse' } as const;
    const { licences } = identity();
    const text = officer.client.licence(says);
    const { statement: confirms } = await kit.market.api((tx) => licences.propose(tx, officer.actor, text));
    const confirmation = second.client.licence({ ...says, confirms });
    await kit.market.api((tx) => licences.confirm(tx, second.actor, confirmation));
    expect(await kit.plans.plan(sale.orderId)).toBeNull();
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'BUYER_STOPPED' });
  });

  it('of the buyer refuses every fetch, and its end lets the package go', async () => {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    await freeze(sale.buyer);
    await expect(kit.fetch(sale)).rejects.toMatchObject({ code: 'PARTY_NOT_ACTIVE' });
    const direct = kit.test.ownerQuery(
      `insert into extraction.fetch (id, package_id, access_event_id, entry_id, range_start, range_end)
       select gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 0, 1 from extraction.package where order_id = $1`,
      [sale.orderId],
    );
    await expect(direct).rejects.toMatchObject({ constraint: 'party_active' });
    await lift(sale.buyer);
    expect(await kit.fetch(sale)).toMatch(/package\.age$/);
  });

  it('races a release and a fetch: either it comes first and nothing leaves, or they were done before', async () => {
    for (let round = 0; round < 6; round += 1) {
      const sale = await kit.sale(persons);
      const attemptId = await kit.emit(sale.orderId);
      const freezing = new Promise((resolve) => setTimeout(resolve, round * 30)).then(() =>
        freeze(sale.buyer, officer, false),
      );
      await Promise.all([kit.releases.release(sale.orderId, attemptId!), freezing]);
      const released = await kit.test.ownerQuery('select from extraction.package where order_id = $1', [sale.orderId]);
      const [attempt] = await attempts(sale);
      expect(attempt).toEqual(
        released.length > 0 ? { state: 'released', reason: null } : { state: 'abandoned', reason: 'BUYER_STOPPED' },
      );
      if (released.length > 0) {
        await kit.deliver(sale.orderId);
        await expect(kit.fetch(sale)).rejects.toMatchObject({ code: 'PARTY_NOT_ACTIVE' });
      }
    }
  });

  it('waits for a fetch that has begun, and a fetch for it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const sale = await kit.sale(persons);
      await kit.run(sale.orderId);
      await kit.deliver(sale.orderId);
      const [fetched] = await Promise.allSettled([kit.fetch(sale), freeze(sale.buyer, officer, false)]);
      const fetches = await kit.test.ownerQuery(
        'select from extraction.fetch f join extraction.package p on p.id = f.package_id where p.order_id = $1',
        [sale.orderId],
      );
      expect(fetches).toHaveLength(fetched.status === 'fulfilled' ? 1 : 0);
      if (fetched.status === 'rejected') expect(fetched.reason).toMatchObject({ code: 'PARTY_NOT_ACTIVE' });
      await expect(kit.fetch(sale)).rejects.toMatchObject({ code: 'PARTY_NOT_ACTIVE' });
    }
  });

  it('of a provider keeps its records out of orders that run and of later ones, and pays it nothing', async () => {
    const other = await identity().member('provider');
    const elsewhere = await kit.contributors(other, 1);
    const sale = await kit.sale([...persons, ...elsewhere]);
    const attemptId = await kit.emit(sale.orderId);
    const later = await kit.sale([...persons, ...elsewhere]);
    await freeze(other);
    await kit.releases.release(sale.orderId, attemptId!);
    expect((await attempts(sale))[0]).toEqual({ state: 'abandoned', reason: 'GATE_MOVED' });
    for (const { orderId } of [sale, later]) {
      await kit.run(orderId);
      const inside = await kit.test.ownerQuery<{ person: string }>(
        `select m.person_id as person from extraction.member m join extraction.package p using (attempt_id) where p.order_id = $1`,
        [orderId],
      );
      expect(inside.map(({ person }) => person).sort()).toEqual(persons.map(({ personId }) => personId).sort());
    }
    await expect(kit.register.ingest(other.actor.partyId, Buffer.from('{}\n'))).rejects.toMatchObject({
      code: 'PARTY_NOT_ACTIVE',
    });
    const patientsReading = await kit.market.api((tx) => kit.register.sourceRecords.heads(tx, elsewhere[0]!.personId));
    expect(patientsReading).toHaveLength(1);
  });

  it('of a patient with a compromised key keeps the person out, whatever the key signs', async () => {
    const [amina, ...others] = persons as [Contributor, ...Contributor[]];
    const sale = await kit.sale([amina, ...others]);
    await freeze(amina);
    await kit.run(sale.orderId);
    const inside = await kit.test.ownerQuery<{ person: string }>(
      `select m.person_id as person from extraction.member m join extraction.package p using (attempt_id) where p.order_id = $1`,
      [sale.orderId],
    );
    expect(inside.map(({ person }) => person)).not.toContain(amina.personId);
    expect(inside).toHaveLength(others.length);
    await kit.revoke(amina);
    await lift(amina);
  });
});
