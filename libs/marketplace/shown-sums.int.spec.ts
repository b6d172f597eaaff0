import { itself } from '@aceso/identity';
import type { Member } from '@aceso/identity/testing';
import { openMarketplaceKit, type Askable, type MarketplaceKit } from './testing';

const EURO = (amount: number) => ({ amountMinor: BigInt(amount * 100), currency: 'EUR' });
const SUPPRESSED = { approximate: null, suppressed: true };
const about = (approximate: number) => ({ approximate, suppressed: false });
const PERSONS = 17;
let kit: MarketplaceKit;
let buyer: Member;
let officer: Member;
let people: Askable[];

beforeAll(async () => {
  kit = await openMarketplaceKit();
  officer = await kit.consent.identity.member('officer');
  buyer = await kit.buyer(EURO(1_000));
  people = await kit.patients(await kit.consent.identity.member('provider'), PERSONS);
}, 120_000);
afterAll(() => kit.test.close());

type Sent = Awaited<ReturnType<MarketplaceKit['asking']>>;

const look = ({ requestId }: Sent) =>
  kit.api(async (tx) => kit.catalogue.sums(tx, buyer.actor, await kit.catalogue.read(tx, buyer.actor, requestId)));
const trueSums = async ({ requestId }: Sent) =>
  (await kit.api((tx) => tx.query('select * from marketplace.answers($1, 1)', [requestId])))[0];

async function passDeadline({ requestId }: Sent): Promise<void> {
  await kit.test.ownerQuery('alter table marketplace.request_version disable trigger user');
  await kit.test.ownerQuery(
    `update marketplace.request_version set answer_deadline = now() - interval '1 minute' where request_id = $1`,
    [requestId],
  );
  await kit.test.ownerQuery('alter table marketplace.request_version enable trigger user');
}

describe('a research center that looks after every answer', () => {
  it('sees eleven arrive at once, and never one', async () => {
    const sent = await kit.asking(buyer, officer);
    const seen: unknown[] = [];
    for (const patient of people) {
      await kit.grant(patient, sent);
      seen.push(await look(sent));
    }
    const quote = { personsMax: 15, unitMinor: 1_000n, escrowMinor: 15_000n };
    const before = { asked: about(15), answered: SUPPRESSED, quote };
    const after = { asked: about(15), answered: about(10), quote };
    expect(seen).toEqual([...Array<unknown>(10).fill(before), ...Array<unknown>(7).fill(after)]);

    // What was agreed to is paid for, whatever was shown.
    const orderId = await kit.fund(buyer, sent);
    const order = await kit.api((tx) => kit.orders.readOwn(tx, buyer.actor.partyId, orderId));
    expect(order).toMatchObject({ personsMax: 20, escrow: EURO(200) });
    expect(await look(sent)).toEqual({ ...after, quote: null });
  });

  it('learns no more by cancelling', async () => {
    const sent = await kit.asking(buyer, officer);
    for (const patient of people.slice(0, 11)) await kit.decline(patient, sent);
    expect((await look(sent)).answered).toEqual(about(10));
    for (const patient of people.slice(11)) await kit.decline(patient, sent);
    await kit.api((tx) => kit.funding.cancel(tx, buyer.actor, sent.requestId));
    expect(await look(sent)).toEqual({ asked: about(15), answered: about(10), quote: null });
    expect(await trueSums(sent)).toEqual({ asked: PERSONS, answered: PERSONS, granted: 0 });
  });

  it('sees all of them when the deadline is over, rounded', async () => {
    const sent = await kit.asking(buyer, officer);
    for (const patient of people.slice(0, 11)) await kit.grant(patient, sent);
    expect((await look(sent)).answered).toEqual(about(10));
    for (const patient of people.slice(11)) await kit.grant(patient, sent);
    expect((await look(sent)).answered).toEqual(about(10));
    await passDeadline(sent);
    const last = await look(sent);
    expect(last).toMatchObject({ asked: about(15), answered: about(15), quote: { personsMax: 20 } });
    expect(await look(sent)).toEqual(last);
  });
});

describe('many looks at once', () => {
  it('see the same', async () => {
    const sent = await kit.asking(buyer, officer);
    for (const patient of people.slice(0, 12)) await kit.decline(patient, sent);
    const seen = await Promise.all(Array.from({ length: 20 }, () => look(sent)));
    for (const each of seen) expect(each.answered).toEqual(about(10));
  });

  it('wait for an answer that came in time', async () => {
    const sent = await kit.asking(buyer, officer);
    for (const patient of people.slice(0, 12)) await kit.decline(patient, sent);
    const looks: Promise<unknown>[] = [];
    await kit.api(async (tx) => {
      const { requestId, version } = sent;
      await kit.answers.decline(tx, itself(people[12]!.actor), { requestId, version });
      await passDeadline(sent);
      looks.push(look(sent));
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    expect(await Promise.all(looks)).toMatchObject([{ answered: about(15) }]);
  });
});

describe('before anybody was asked', () => {
  it('there is nothing to see, and afterwards there is', async () => {
    const sent = await kit.submit(buyer);
    expect(await look(sent)).toEqual({ asked: SUPPRESSED, answered: SUPPRESSED, quote: null });
    await kit.approve(officer, sent);
    await kit.asks.ask(sent.requestId, sent.version);
    expect((await look(sent)).asked).toEqual(about(15));
  });
});

describe('patients of an affiliate of the research center', () => {
  it('are neither among the asked nor among those who agreed, and are asked all the same', async () => {
    const { identity } = kit.consent;
    const [owner, clinic] = [await kit.buyer(EURO(1_000)), await identity.member('provider')];
    const parties = [owner.actor.partyId, clinic.actor.partyId] as const;
    const own = await kit.patients(clinic, 2);
    await kit.api((tx) => identity.affiliations.declare(tx, officer.actor, parties));
    const sent = await kit.asking(owner, officer);
    for (const patient of [...own, ...people.slice(0, 11)]) await kit.grant(patient, sent);
    expect(await trueSums(sent)).toEqual({ asked: PERSONS, answered: 11, granted: 11 });
    // Who was bound before the affiliation ended stays out: nothing moves.
    await kit.api((tx) => identity.affiliations.end(tx, officer.actor, parties));
    expect(await trueSums(sent)).toEqual({ asked: PERSONS, answered: 11, granted: 11 });
    // Somebody whom nobody of the buyer's vouches for any more counts; the sums that were shown never exceed the asked.
    await kit.test.ownerQuery(`update identity.binding set ended_at = bound_at where provider_id = $1`, [
      clinic.actor.partyId,
    ]);
    expect(await trueSums(sent)).toEqual({ asked: PERSONS + 2, answered: 13, granted: 13 });
  });
});
