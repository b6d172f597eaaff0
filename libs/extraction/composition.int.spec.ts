import { randomBytes, randomUUID } from 'node:crypto';
import type { Member } from '@aceso/identity/testing';
import type { OrderId, PersonId } from '@aceso/kernel';
import { lockHistory } from './data/history.store';
import { DateShifts } from './date-shifts';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(300_000);

/** Births of sample persons lie in March of 1980, 1981 and 1982, a third each; half of each sex. */
const MARCH_1980 = 180 * 12 + 2;

describe('several orders of one buyer', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  let buyer: Member;
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 24);
    buyer = await newBuyer();
  });
  afterAll(() => kit.test.close());

  const newBuyer = (): Promise<Member> => kit.market.buyer({ amountMinor: 10_000_000n, currency: 'EUR' });
  const affiliate = async (one: Member, other: Member): Promise<void> => {
    const officer = await kit.market.consent.identity.member('officer');
    await kit.market.api((tx) =>
      kit.market.consent.identity.affiliations.declare(tx, officer.actor, [one.actor.partyId, other.actor.partyId]),
    );
  };
  const end = async (one: Member, other: Member): Promise<void> => {
    const officer = await kit.market.consent.identity.member('officer');
    await kit.market.api((tx) =>
      kit.market.consent.identity.affiliations.end(tx, officer.actor, [one.actor.partyId, other.actor.partyId]),
    );
  };
  const sell = async (to: Member): Promise<FundedSale> => {
    const sale = await kit.sale(persons, {}, to);
    await kit.run(sale.orderId);
    return sale;
  };
  const sexes = async ({ orderId }: FundedSale): Promise<Record<string, number>> => {
    const rows = await kit.test.ownerQuery<{ sex: string; persons: number }>(
      `select c.sex, count(*)::int as persons from extraction.attempt a
         join extraction.member m on m.attempt_id = a.id and m.state = 'released'
         join extraction.released_class c on c.attempt_id = a.id and c.number = m.class_number
        where a.order_id = $1 group by c.sex`,
      [orderId],
    );
    return Object.fromEntries(rows.map(({ sex, persons: count }) => [sex, count]));
  };
  /** As if the order had been released at another date, with bands that leave one month of birth. */
  const narrow = async ({ orderId }: FundedSale, sex: string): Promise<void> => {
    await kit.test.ownerQuery('alter table extraction.released_class disable trigger user');
    await kit.test.ownerQuery(
      `update extraction.released_class c set born_from = $3, born_to = $3 from extraction.attempt a
        where a.id = c.attempt_id and a.order_id = $1 and c.sex = $2`,
      [orderId, sex, MARCH_1980],
    );
    await kit.test.ownerQuery('alter table extraction.released_class enable trigger user');
  };
  let first: FundedSale;

  it('keep what the files show of each class, and show the same again', async () => {
    first = await sell(buyer);
    expect(await sexes(first)).toEqual({ female: 12, male: 12 });
    expect(await sexes(await sell(buyer))).toEqual({ female: 12, male: 12 });
    const kept = await kit.test.ownerQuery<{ state: string; zip3: string }>(
      `select distinct c.state, c.zip3 from extraction.released_class c join extraction.attempt a on a.id = c.attempt_id
        where a.order_id = $1`,
      [first.orderId],
    );
    expect(kept).toEqual([{ state: 'MA', zip3: '021' }]);
  });

  it('leave out whom they would give away together, also when the other one is released in between', async () => {
    const sale = await kit.sale(persons, {}, buyer);
    const attempt = await kit.emit(sale.orderId);
    await narrow(first, 'female');
    await kit.releases.release(sale.orderId, attempt!);
    const [ended] = await kit.test.ownerQuery('select state, reason from extraction.attempt where id = $1', [attempt]);
    expect(ended).toEqual({ state: 'abandoned', reason: 'K_NOT_REACHED' });
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    expect(await sexes(sale)).toEqual({ male: 12 });
  });

  it('count with those of affiliates, and not with those of others', async () => {
    const [sister, stranger] = [await newBuyer(), await newBuyer()];
    await affiliate(sister, buyer);
    expect(await sexes(await sell(sister))).toEqual({ male: 12 });
    expect(await sexes(await sell(stranger))).toEqual({ female: 12, male: 12 });
    // Their releases take turns, those of others do not wait.
    const turns: string[] = [];
    let waiting: Promise<unknown> | undefined;
    await kit.market.worker(async (tx) => {
      await lockHistory(tx, buyer.actor.partyId);
      waiting = kit.market.worker((other) => lockHistory(other, sister.actor.partyId)).then(() => turns.push('sister'));
      await kit.market.worker((other) => lockHistory(other, stranger.actor.partyId));
      await new Promise((resolve) => setTimeout(resolve, 150));
      turns.push('buyer');
    });
    await waiting;
    expect(turns).toEqual(['buyer', 'sister']);
  });

  it('count after an affiliation has ended when they were released before, and not when after', async () => {
    const [early, late] = [await newBuyer(), await newBuyer()];
    await affiliate(early, late);
    await narrow(await sell(early), 'female');
    await end(early, late);
    expect(await sexes(await sell(late))).toEqual({ male: 12 });
    const [before, after] = [await newBuyer(), await newBuyer()];
    await affiliate(before, after);
    await end(before, after);
    await narrow(await sell(before), 'female');
    expect(await sexes(await sell(after))).toEqual({ female: 12, male: 12 });
  });

  it('are never of one person with true years and with shifted dates both: years bound the shift', async () => {
    const reader = await newBuyer();
    const sale = await kit.sale(persons, { policy: 'safe-harbor' }, reader);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    expect(await kit.orderState((await sell(reader)).orderId)).toEqual({
      state: 'refunded',
      reason: 'COMPOSITION_TOO_NARROW',
    });
  });

  it('are refused, and the money goes back, when nobody is hidden any more', async () => {
    await narrow(first, 'male');
    const sale = await sell(buyer);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'COMPOSITION_TOO_NARROW' });
  });

  it('do not hide behind patients whom an affiliate of the buyer vouches for', async () => {
    const owner = await newBuyer();
    // Declared before, nobody would be counted among those who agreed: there would be nothing to fund.
    const sale = await kit.sale(persons, {}, owner);
    await affiliate(owner, provider);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'K_NOT_REACHED' });
  });

  it('take such a patient along where enough others hide it', async () => {
    const { identity } = kit.market.consent;
    const [owner, clinic] = [await newBuyer(), await identity.member('provider')];
    await affiliate(owner, clinic);
    const own = await kit.contributor(clinic);
    const sale = await kit.sale([...persons, own], {}, owner);
    await kit.run(sale.orderId);
    const shown = await sexes(sale);
    expect(Object.values(shown).reduce((sum, count) => sum + count, 0)).toBe(25);
  });

  it('leave out whoever is in as many living permits as there are shifts', async () => {
    // Orders of these permits stand in no marketplace.
    await kit.test.ownerQuery('alter table extraction.date_shift drop constraint date_shift_order_id_fkey');
    const [busy] = persons as [Contributor];
    const shifts = new DateShifts(kit.test.custody);
    const dates = { kind: 'shift', daysMax: 182 } as const;
    for (let left: readonly PersonId[] = []; left.length === 0;) {
      const sale = { orderId: randomUUID() as OrderId, saleKey: randomBytes(32), dates };
      left = await kit.market.worker((tx) => shifts.settle(tx, sale, [busy.personId]));
    }
    const sale = await sell(await newBuyer());
    const [out] = await kit.test.ownerQuery('select person_id, reason from extraction.exclusion where order_id = $1', [
      sale.orderId,
    ]);
    expect(out).toEqual({ person_id: busy.personId, reason: 'SHIFTS_EXHAUSTED' });
    expect(await sexes(sale)).toMatchObject({ female: expect.any(Number), male: expect.any(Number) });
  });

  it('keep no class of somebody who was erased, and change none', async () => {
    const [one, other] = persons as [Contributor, Contributor];
    const numbers = async ({ personId }: { personId: PersonId }): Promise<(number | null)[]> =>
      (
        await kit.test.ownerQuery<{ number: number | null }>(
          `select class_number as number from extraction.member where person_id = $1 and state = 'released'`,
          [personId],
        )
      ).map(({ number }) => number);
    await kit.market.worker((tx) => kit.erasures.erase(tx, [{ subjectId: one.personId, basis: 'gdpr-17-1-b' }]));
    expect(new Set(await numbers(one))).toEqual(new Set([null]));
    expect(await numbers(other)).not.toContain(null);
    const change = kit.market.worker((tx) =>
      tx.execute(`update extraction.member set class_number = 1 - class_number where person_id = $1`, [other.personId]),
    );
    await expect(change).rejects.toMatchObject({ code: '23001' });
  });
});
