import type { Member } from '@aceso/identity/testing';
import { openMarketplaceKit, requestInput, type Askable, type MarketplaceKit } from './testing';

const EURO = (amount: number) => ({ amountMinor: BigInt(amount * 100), currency: 'EUR' });
const refusal = (code: string) => expect.objectContaining({ code });
const PERSONS = 16;
let kit: MarketplaceKit;
let clinic: Member;
let officer: Member;
let people: Askable[];

beforeAll(async () => {
  kit = await openMarketplaceKit();
  clinic = await kit.consent.identity.member('provider');
  officer = await kit.consent.identity.member('officer');
  people = await kit.patients(clinic, PERSONS);
}, 120_000);
afterAll(() => kit.test.close());

const view = (actor: Member, requestId: Parameters<MarketplaceKit['catalogue']['read']>[2]) =>
  kit.api(async (tx) => {
    const request = await kit.catalogue.read(tx, actor.actor, requestId);
    return { ...request, sums: await kit.catalogue.sums(tx, actor.actor, request) };
  });

describe('the story of a sale', () => {
  it('from the request to the last cent', async () => {
    const buyer = await kit.buyer(EURO(100));
    const sent = await kit.asking(buyer, officer);
    expect((await view(buyer, sent.requestId)).state).toBe('asking');

    // Thirteen agree, one declines, one declines and thinks again, one is silent.
    for (const patient of people.slice(0, 13)) await kit.grant(patient, sent);
    await kit.decline(people[13]!, sent);
    await kit.decline(people[14]!, sent);
    await kit.grant(people[14]!, sent);

    const { sums } = await view(buyer, sent.requestId);
    expect(sums.asked).toEqual({ approximate: 15, suppressed: false });
    expect(sums.answered).toEqual({ approximate: 15, suppressed: false });
    expect(sums.quote).toMatchObject({ personsMax: 15, escrowMinor: 15_000n });

    await expect(kit.fund(buyer, sent)).rejects.toEqual(refusal('INSUFFICIENT_FUNDS'));
    const account = { buyerId: buyer.actor.partyId, amount: EURO(50), reference: 'second transfer' };
    await kit.worker((tx) => kit.settlement.deposit(tx, account));
    const orderId = await kit.fund(buyer, sent);
    expect(await kit.balance(buyer)).toBe(0n);
    expect(await kit.fund(buyer, sent)).toBe(orderId);

    await expect(kit.decline(people[15]!, sent)).rejects.toEqual(refusal('ANSWERING_CLOSED'));
    await kit.worker((tx) => kit.orders.begin(tx, orderId));
    const persons = people.slice(0, 11).map(({ actor }) => ({
      personId: actor.personId!,
      providerIds: [clinic.actor.partyId],
    }));
    await kit.worker(async (tx) => {
      const { order, request } = await kit.orders.read(tx, orderId);
      expect(request.contentHash).toBe(sent.contentHash);
      const { unitMinor, escrow } = order;
      await kit.settlement.settleRelease(tx, { orderId, unitMinor, currency: escrow.currency, persons });
      await kit.orders.markReleased(tx, orderId);
    });
    const delivered = await kit.worker((tx) => kit.orders.markDelivered(tx, orderId));
    expect(delivered).toMatchObject({ state: 'delivered', reason: null });
    expect(await kit.balance(buyer)).toBe(4_000n);
    expect(await kit.api((tx) => kit.settlement.totals(tx, orderId))).toEqual({
      patients: 7_700n,
      providers: 2_200n,
      platform: 1_100n,
      refunded: 4_000n,
      currency: 'EUR',
    });
    const acts = await kit.test.ownerQuery<{ act: string }>(
      `select act from audit.access_event where object_id in ($1, $2) order by seq`,
      [sent.requestId, orderId],
    );
    expect(acts.map(({ act }) => act)).toEqual([
      'request.submitted',
      'request.approved',
      'request.asked',
      'order.funded',
      'order.extraction-begun',
      'order.released',
      'order.delivered',
    ]);
  });

  it('of an order that fails: everything goes back, and the reason is said', async () => {
    const buyer = await kit.buyer(EURO(75));
    const sent = await kit.asking(buyer, officer, { unitMinor: 500 });
    const orderId = await kit.fund(buyer, sent);
    await kit.worker((tx) => kit.orders.begin(tx, orderId));
    await kit.worker((tx) => kit.orders.markRefunded(tx, orderId, { reason: 'COHORT_TOO_SMALL' }));
    await kit.worker((tx) => kit.orders.markRefunded(tx, orderId, { reason: 'COHORT_TOO_SMALL' }));
    expect(await kit.balance(buyer)).toBe(7_500n);
    const order = await kit.api((tx) => kit.orders.readOwn(tx, buyer.actor.partyId, orderId));
    expect(order).toMatchObject({ state: 'refunded', reason: 'COHORT_TOO_SMALL' });
    await expect(kit.worker((tx) => kit.orders.begin(tx, orderId))).rejects.toEqual(refusal('ORDER_STATE_REFUSED'));
  });
});

describe('a new version', () => {
  it('voids every answer and is reviewed and asked anew (threat T6)', async () => {
    const buyer = await kit.buyer(EURO(500));
    const first = await kit.asking(buyer, officer);
    await kit.grant(people[0]!, first);
    const late = await kit.signedGrant(people[1]!, first);

    const draft = { ...requestInput({ unitMinor: 2000 }), answerDeadline: kit.test.runtime.now() + 1e7 };
    const { requestId } = first;
    const second = await kit.api((tx) => kit.requests.amend(tx, buyer.actor, { requestId, draft }));
    expect(second).toMatchObject({ requestId, version: 2 });
    expect(second.contentHash).not.toBe(first.contentHash);
    expect((await view(buyer, requestId)).state).toBe('submitted');

    await expect(kit.api((tx) => kit.answers.grant(tx, people[1]!.actor, late))).rejects.toEqual(
      refusal('ANSWER_DEADLINE_PASSED'),
    );
    people[1]!.client.sequence -= 1;
    people[1]!.client.previous = JSON.parse(late).payload.prev;
    await expect(kit.fund(buyer, first)).rejects.toEqual(refusal('REQUEST_VERSION_OUTDATED'));
    await expect(kit.fund(buyer, second)).rejects.toEqual(refusal('REQUEST_STATE_REFUSED'));
    await kit.approve(officer, second);
    await kit.asks.ask(requestId, 1); // a job of the older version that comes late
    expect((await view(buyer, requestId)).state).toBe('approved');
    await kit.asks.ask(requestId, 2);
    const sums = await kit.api((tx) => tx.query('select * from marketplace.answers($1, 2)', [requestId]));
    expect(sums).toEqual([{ asked: PERSONS, answered: 0, granted: 0 }]);
    const valid = { requestId, version: 2, contentHash: second.contentHash, at: kit.test.runtime.now() };
    expect(await kit.worker((tx) => kit.consent.consent.validGrants(tx, valid))).toEqual([]);
  });

  it('is not sent of what was funded, cancelled, or is somebody else’s', async () => {
    const buyer = await kit.buyer(EURO(500));
    const sent = await kit.asking(buyer, officer);
    const draft = { ...requestInput(), answerDeadline: kit.test.runtime.now() + 1e7 };
    const amend = (actor: Member) =>
      kit.api((tx) => kit.requests.amend(tx, actor.actor, { requestId: sent.requestId, draft }));
    await expect(amend(await kit.buyer(EURO(1)))).rejects.toEqual(refusal('NOT_FOUND'));
    await kit.fund(buyer, sent);
    await expect(amend(buyer)).rejects.toEqual(refusal('REQUEST_STATE_REFUSED'));
  });
});

describe('cancelling', () => {
  const cancel = (buyer: Member, sent: Awaited<ReturnType<MarketplaceKit['submit']>>) =>
    kit.api((tx) => kit.funding.cancel(tx, buyer.actor, sent.requestId));

  it('ends a request before it was funded, and nothing can be answered any more', async () => {
    const buyer = await kit.buyer(EURO(1));
    const sent = await kit.asking(buyer, officer);
    await cancel(buyer, sent);
    await cancel(buyer, sent);
    await expect(kit.decline(people[0]!, sent)).rejects.toEqual(refusal('ANSWERING_CLOSED'));
    await expect(kit.fund(buyer, sent)).rejects.toEqual(refusal('REQUEST_STATE_REFUSED'));
  });

  it('refunds an order whose extraction has not begun', async () => {
    const buyer = await kit.buyer(EURO(150));
    const sent = await kit.asking(buyer, officer);
    const orderId = await kit.fund(buyer, sent);
    await cancel(buyer, sent);
    expect(await kit.balance(buyer)).toBe(15_000n);
    const order = await kit.api((tx) => kit.orders.readOwn(tx, buyer.actor.partyId, orderId));
    expect(order).toMatchObject({ state: 'refunded', reason: 'CANCELLED_BY_BUYER' });
  });

  it('is refused once extraction has begun, and to others at any time', async () => {
    const buyer = await kit.buyer(EURO(150));
    const sent = await kit.asking(buyer, officer);
    const orderId = await kit.fund(buyer, sent);
    await expect(cancel(await kit.buyer(EURO(1)), sent)).rejects.toEqual(refusal('NOT_FOUND'));
    await kit.worker((tx) => kit.orders.begin(tx, orderId));
    await expect(cancel(buyer, sent)).rejects.toEqual(refusal('ORDER_IN_WORK'));
    expect(await kit.balance(buyer)).toBe(0n);
  });
});
