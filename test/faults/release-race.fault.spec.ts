import { setTimeout as sleep } from 'node:timers/promises';
import {
  openExtractionKit,
  releasedTooLate,
  watchCommits,
  type Contributor,
  type ExtractionKit,
} from '@aceso/extraction/testing';

jest.setTimeout(600_000);

/** Revocations that race a release, over all orders (threats-and-faults.md, fault 16). */
const ROUNDS = 200;
const PERSONS = 16;
const RIVALS = 4;

/** Spread over the time that the attempts of one order take, in milliseconds, and beyond. */
const delayOf = (round: number): number => (round * 397) % 1500;

describe('a revocation that races the release', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    await watchCommits(kit.test);
    const provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, PERSONS);
  });
  afterAll(() => kit.test.close());

  it(`is either in time or too late, ${ROUNDS} times`, async () => {
    const outcomes = { inTime: 0, tooLate: 0 };
    for (let order = 0; order < ROUNDS / RIVALS; order += 1) {
      const sale = await kit.sale(persons);
      await kit.emit(sale.orderId);
      const rivals = Array.from({ length: RIVALS }, (_, n) => persons[(order * RIVALS + n) % PERSONS]!);
      await Promise.all([
        kit.run(sale.orderId),
        ...rivals.map(async (rival, n) => {
          await sleep(delayOf(order * RIVALS + n));
          await kit.revoke(rival);
        }),
      ]);
      expect(await releasedTooLate(kit.test, sale.orderId)).toEqual([]);
      const included = await members(kit, sale.orderId);
      expect(await earners(kit, sale.orderId)).toEqual(included);
      const late = rivals.filter(({ personId }) => included.includes(personId)).length;
      outcomes.tooLate += late;
      outcomes.inTime += RIVALS - late;
      const { state } = await kit.orderState(sale.orderId);
      expect(included.length).toBe(state === 'refunded' ? 0 : PERSONS - RIVALS + late);
    }
    expect(outcomes.inTime + outcomes.tooLate).toBe(ROUNDS);
    // Both sides of the race were met; otherwise the delays would have to be spread anew.
    expect(outcomes.inTime).toBeGreaterThan(0);
    expect(outcomes.tooLate).toBeGreaterThan(0);
  });
});

async function members(kit: ExtractionKit, orderId: string): Promise<string[]> {
  const rows = await kit.test.ownerQuery<{ person: string }>(
    `select m.person_id as person from extraction.member m join extraction.package p on p.attempt_id = m.attempt_id
      where p.order_id = $1 and m.state = 'released' order by 1`,
    [orderId],
  );
  return rows.map(({ person }) => person);
}

async function earners(kit: ExtractionKit, orderId: string): Promise<string[]> {
  const rows = await kit.test.ownerQuery<{ person: string }>(
    `select a.owner_id as person from settlement.posting p join settlement.account a on a.id = p.account_id
       join settlement.transfer t on t.id = p.transfer_id where a.kind = 'patient' and t.order_id = $1 order by 1`,
    [orderId],
  );
  return rows.map(({ person }) => person);
}
