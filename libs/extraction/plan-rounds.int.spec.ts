import type { Member } from '@aceso/identity/testing';
import type { OrderId, RequestId } from '@aceso/kernel';
import { PLAN_ROUNDS_MAX } from './plan.service';
import { openExtractionKit, type Contributor, type ExtractionKit } from './testing';

jest.setTimeout(300_000);

describe('a plan that is made while others act', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  let buyer: Member;
  beforeAll(async () => {
    kit = await openExtractionKit();
    persons = await kit.contributors(await kit.market.consent.identity.member('provider'), 12);
    buyer = await kit.market.buyer({ amountMinor: 10_000_000n, currency: 'EUR' });
  });
  afterAll(() => kit.test.close());
  afterEach(() => jest.restoreAllMocks());

  /** Does something after each transaction in which a plan of the order begins, before the one that settles it. */
  const between = (orderId: OrderId, act: () => Promise<unknown>): void => {
    const begin = kit.plans['begin'].bind(kit.plans);
    jest.spyOn(kit.plans as never as { begin: typeof begin }, 'begin').mockImplementation(async (tx, id) => {
      const begun = await begin(tx, id);
      if (id === orderId) acts.push(act);
      return begun;
    });
    const acts: (() => Promise<unknown>)[] = [];
    const transaction = kit.test.database.transaction.bind(kit.test.database);
    jest.spyOn(kit.test.database, 'transaction').mockImplementation(async (role, work) => {
      const done = await transaction(role, work);
      await acts.pop()?.();
      return done;
    });
  };
  const rounds = async (orderId: OrderId): Promise<number> =>
    (
      await kit.test.ownerQuery(
        `select 1 from audit.access_event where act = 'extraction.planned' and object_id = $1`,
        [orderId],
      )
    ).length;
  const sold = async (): Promise<OrderId> => {
    const { orderId } = await kit.sale(persons, {}, buyer);
    await kit.run(orderId);
    return orderId;
  };

  it('is one attempt, whoever asks at once', async () => {
    const { orderId } = await kit.sale(persons, {}, buyer);
    const planned = await Promise.all([kit.plans.plan(orderId), kit.plans.plan(orderId), kit.plans.plan(orderId)]);
    expect(new Set(planned.map((work) => work?.attemptId)).size).toBe(1);
    expect(await kit.test.ownerQuery('select 1 from extraction.attempt where order_id = $1', [orderId])).toHaveLength(
      1,
    );
    await kit.run(orderId);
  });

  it('is made anew when the buyer was given another package meanwhile', async () => {
    const { orderId } = await kit.sale(persons, {}, buyer);
    let left = 1;
    between(orderId, async () => (left-- > 0 ? sold() : undefined));
    expect(await kit.plans.plan(orderId)).not.toBeNull();
    expect(await rounds(orderId)).toBe(2);
  });

  it('is taken as it is when the history never rests: the release judges again', async () => {
    const { orderId } = await kit.sale(persons, {}, buyer);
    between(orderId, sold);
    expect(await kit.plans.plan(orderId)).not.toBeNull();
    expect(await rounds(orderId)).toBe(PLAN_ROUNDS_MAX);
  });

  it('cannot be cancelled under its feet', async () => {
    const { orderId } = await kit.sale(persons, {}, buyer);
    const [order] = await kit.test.ownerQuery<{ id: RequestId }>(
      'select request_id as id from marketplace."order" where id = $1',
      [orderId],
    );
    const refusals: unknown[] = [];
    between(orderId, () =>
      kit.market
        .api((tx) => kit.market.funding.cancel(tx, buyer.actor, order!.id))
        .catch((error: unknown) => refusals.push(error)),
    );
    expect(await kit.plans.plan(orderId)).not.toBeNull();
    expect(refusals).toEqual([expect.objectContaining({ code: 'ORDER_IN_WORK' })]);
  });
});
