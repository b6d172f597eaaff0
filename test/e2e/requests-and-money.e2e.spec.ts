import { randomUUID } from 'node:crypto';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Member } from '@aceso/identity/testing';
import { AGE_KEY, openMarketplaceKit, type Askable, type MarketplaceKit } from '@aceso/marketplace/testing';
import { createApi } from '../../apps/api/src/api';

let kit: MarketplaceKit;
let app: NestFastifyApplication;
let buyer: Member;
let other: Member;
let officer: Member;
let people: Askable[];
const tokens = new Map<Member, string>();

beforeAll(async () => {
  kit = await openMarketplaceKit();
  const { config, logger, roleUrls } = kit.test;
  const { api, vault, index } = roleUrls;
  app = await createApi({ process: 'api', config, logger, roleUrls: { api, vault, index } });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const { identity } = kit.consent;
  [buyer, other, officer] = [
    await identity.member('researcher'),
    await identity.member('researcher'),
    await identity.member('officer'),
  ];
  people = await kit.patients(await identity.member('provider'), 13);
}, 120_000);
afterAll(async () => {
  await app?.close();
  await kit?.test.close();
});

interface Answer<Data> {
  readonly data: Data;
  readonly code: string | undefined;
}

async function ask<Data = unknown>(
  member: Member | null,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer<Data>> {
  const response = await app.inject({
    method: 'POST',
    url: '/graphql',
    headers: member ? { authorization: `Bearer ${await tokenOf(member)}` } : {},
    payload: { query, variables },
  });
  const { data, errors } = response.json<{ data: Data; errors?: { extensions: { code: string } }[] }>();
  return { data, code: errors?.[0]?.extensions.code };
}

async function tokenOf(member: Member): Promise<string> {
  const known = tokens.get(member);
  if (known) return known;
  const { logins } = kit.consent.identity;
  const { token } = await kit.api((tx) => logins.login(tx, member.client.login({ tokenType: 'Bearer' })));
  tokens.set(member, token);
  return token;
}

const input = (changes: object = {}) => ({
  purpose: 'Does early treatment of type 2 diabetes change its course?',
  use: { research: ['DUO:0000007'], diseases: ['MONDO:0005148'], commercial: false, pledges: ['no-reidentification'] },
  criteria: '{"version":1,"all":[{"age":{"min":18}}]}',
  fields: ['Patient', 'Condition'],
  recipientAgeKey: AGE_KEY,
  country: 'AT',
  termMonths: 12,
  unitMinor: 1000,
  answerDeadline: new Date(Date.now() + 86_400_000).toISOString(),
  idempotencyKey: randomUUID(),
  ...changes,
});
/** A table of the buyer's own; `path` is what it shows beside the keys. */
const ownView = (path: string) =>
  JSON.stringify({
    ...{ name: 'onsets', resource: 'Condition' },
    select: [
      {
        column: [
          { name: 'id', path: 'getResourceKey()' },
          { name: 'person_id', path: 'subject.getReferenceKey(Patient)' },
          { name: 'shown', path },
        ],
      },
    ],
  });
const SUBMIT =
  'mutation($input: SubmitRequestInput!) { submitRequest(input: $input) { id version state contentHash } }';
const DECIDE = `mutation($id: ID!, $key: String!) {
  decideRequest(id: $id, version: 1, decision: APPROVE, reason: "In order.", idempotencyKey: $key) { state decision { decision reason } } }`;
const FUND = `mutation($id: ID!, $version: Int!, $key: String!) {
  fundRequest(id: $id, version: $version, idempotencyKey: $key) {
    id state reason personsMax unit { amountMinor } escrow { amountMinor currency } settlement { refunded { amountMinor } } } }`;
const DEPOSIT = `mutation($buyer: ID!, $amount: String!, $reference: String!, $key: String!) {
  recordDeposit(buyer: $buyer, amountMinor: $amount, reference: $reference, idempotencyKey: $key) { amountMinor } }`;
const REQUEST = `query($id: ID!) { request(id: $id) {
  state version order asked { approximate suppressed threshold roundedTo } answered { approximate suppressed }
  quote { personsMax escrow { amountMinor } } } }`;

describe('a sale over HTTP', () => {
  let id: string;
  let orderId: string;

  it('begins with a count and a request', async () => {
    const criteria = input().criteria;
    const count = await ask(buyer, 'query($c: String!) { cohortCount(criteria: $c) { approximate suppressed } }', {
      c: criteria,
    });
    expect(count.data).toEqual({ cohortCount: { approximate: 15, suppressed: false } });
    const outside = await ask(buyer, SUBMIT, { input: input({ views: [ownView('note.text')] }) });
    expect(outside.code).toBe('VIEW_OUT_OF_SCOPE');
    const sent = input({ views: [ownView('onset.ofType(dateTime)')] });
    const first = await ask<{ submitRequest: { id: string } }>(buyer, SUBMIT, { input: sent });
    expect(first.data.submitRequest).toMatchObject({ version: 1, state: 'SUBMITTED' });
    const again = await ask<{ submitRequest: { id: string } }>(buyer, SUBMIT, { input: sent });
    expect(again.data).toEqual(first.data);
    const changed = await ask(buyer, SUBMIT, { input: { ...sent, k: 6 } });
    expect(changed.code).toBe('IDEMPOTENCY_KEY_REUSED');
    ({ id } = first.data.submitRequest);
  });

  it('is reviewed by a compliance officer', async () => {
    const waiting = await ask(
      officer,
      '{ requestsToReview(first: 5) { edges { node { id state } } pageInfo { hasNextPage } } }',
    );
    expect(waiting.data).toEqual({
      requestsToReview: { edges: [{ node: { id, state: 'SUBMITTED' } }], pageInfo: { hasNextPage: false } },
    });
    expect((await ask(buyer, DECIDE, { id, key: 'd' })).code).toBe('FORBIDDEN');
    const unread = `mutation($id: ID!) {
      decideRequest(id: $id, version: 2, decision: APPROVE, reason: "In order.", idempotencyKey: "u") { state } }`;
    expect((await ask(officer, unread, { id })).code).toBe('REQUEST_VERSION_OUTDATED');
    expect((await ask(officer, unread.replace('version: 2, ', ''), { id })).code).toBe('VALIDATION_FAILED');
    const decided = await ask(officer, DECIDE, { id, key: 'd' });
    expect(decided.data).toEqual({
      decideRequest: { state: 'APPROVED', decision: { decision: 'APPROVE', reason: 'In order.' } },
    });
    expect(await ask(officer, DECIDE, { id, key: 'd' })).toEqual(decided);
    expect((await ask(officer, DECIDE, { id, key: 'e' })).code).toBe('REQUEST_STATE_REFUSED');
  });

  it('is answered by patients, each for itself', async () => {
    const { requestId } = await only<{ requestId: Parameters<MarketplaceKit['asks']['ask']>[0] }>(
      'select id as "requestId" from marketplace.request',
    );
    await kit.asks.ask(requestId, 1);
    const patient = people[0]!;
    const shown = await ask<{ myRequests: { edges: { node: { content: string } }[] } }>(
      patient,
      `{ myRequests(first: 5) { edges { node { request version content tablesInWords notice { text language } answer open
         amount { amountMinor currency } } } } }`,
    );
    expect(shown.data.myRequests.edges).toEqual([
      {
        node: {
          request: requestId,
          version: 1,
          content: expect.stringContaining('"deliveryMode":"package"'),
          tablesInWords: [
            expect.stringMatching(/^A table called onsets is made of the Condition records .*shown \(onsetDateTime\)/),
          ],
          notice: { text: expect.stringContaining('There is payment'), language: 'en' },
          answer: 'ASKED',
          open: true,
          amount: { amountMinor: '700', currency: 'EUR' },
        },
      },
    ]);
    for (const each of people.slice(0, 11)) {
      const statement = await kit.signedGrant(each, { requestId });
      const grant = await ask(each, 'mutation($s: String!) { grant(statement: $s) { grant } }', { s: statement });
      expect(grant.code).toBeUndefined();
    }
    const decline = 'mutation($r: ID!) { decline(request: $r, version: 1) { request } }';
    const declined = await ask(people[11]!, decline, { r: requestId });
    expect(declined.data).toEqual({ decline: { request: requestId } });
    expect((await ask(people[12]!, decline, { r: 'nonsense' })).code).toBe('NOT_FOUND');
  });

  it('shows its buyer rounded sums and a quote, and others nothing', async () => {
    const seen = await ask(buyer, REQUEST, { id });
    expect(seen.data).toEqual({
      request: {
        state: 'ASKING',
        version: 1,
        order: null,
        asked: { approximate: 15, suppressed: false, threshold: 11, roundedTo: 5 },
        answered: { approximate: 10, suppressed: false },
        quote: { personsMax: 15, escrow: { amountMinor: '15000' } },
      },
    });
    expect((await ask(other, REQUEST, { id })).code).toBe('NOT_FOUND');
    expect((await ask(people[0]!, REQUEST, { id })).code).toBe('FORBIDDEN');
    expect((await ask(null, REQUEST, { id })).code).toBe('UNAUTHENTICATED');
  });

  it('is funded from what an officer booked', async () => {
    const fund = { id, version: 1, key: 'fund' };
    expect((await ask(buyer, FUND, fund)).code).toBe('INSUFFICIENT_FUNDS');
    const { me } = (await ask<{ me: { id: string } }>(buyer, '{ me { id } }')).data;
    const deposit = { buyer: me.id, amount: '20000', reference: 'RF 1', key: 'k' };
    expect((await ask(officer, DEPOSIT, deposit)).data).toEqual({ recordDeposit: { amountMinor: '20000' } });
    await ask(officer, DEPOSIT, { ...deposit, key: 'another key' });
    expect((await ask(officer, DEPOSIT, { ...deposit, amount: '1.5', key: 'l' })).code).toBe('AMOUNT_INVALID');
    expect((await ask(buyer, DEPOSIT, deposit)).code).toBe('FORBIDDEN');

    const funded = await ask<{ fundRequest: { id: string } }>(buyer, FUND, fund);
    expect(funded.data.fundRequest).toMatchObject({
      state: 'FUNDED',
      reason: null,
      personsMax: 15,
      unit: { amountMinor: '1000' },
      escrow: { amountMinor: '15000', currency: 'EUR' },
      settlement: null,
    });
    orderId = funded.data.fundRequest.id;
    expect(await ask(buyer, FUND, fund)).toEqual(funded);
    expect((await ask(buyer, '{ myBalance { amountMinor } }')).data).toEqual({ myBalance: { amountMinor: '5000' } });
    const order = 'query($id: ID!) { order(id: $id) { state } }';
    expect((await ask(buyer, order, { id: orderId })).data).toEqual({ order: { state: 'FUNDED' } });
    expect((await ask(other, order, { id: orderId })).code).toBe('NOT_FOUND');
    expect((await ask(buyer, order, { id })).code).toBe('NOT_FOUND');
    const mine = await ask(buyer, '{ myOrders(first: 1) { edges { node { id } } pageInfo { hasNextPage } } }');
    expect(mine.data).toEqual({ myOrders: { edges: [{ node: { id: orderId } }], pageInfo: { hasNextPage: false } } });
  });

  it('can be cancelled before extraction begins, and everything comes back', async () => {
    const cancel = 'mutation($id: ID!) { cancelRequest(id: $id, idempotencyKey: "c") { state order } }';
    expect((await ask(other, cancel, { id })).code).toBe('NOT_FOUND');
    expect((await ask(buyer, cancel, { id })).data).toEqual({ cancelRequest: { state: 'CANCELLED', order: orderId } });
    const order = `query($id: ID!) { order(id: $id) { state reason settlement { refunded { amountMinor } } } }`;
    expect((await ask(buyer, order, { id: orderId })).data).toEqual({
      order: { state: 'REFUNDED', reason: 'CANCELLED_BY_BUYER', settlement: { refunded: { amountMinor: '15000' } } },
    });
    expect((await ask(buyer, '{ myBalance { amountMinor } }')).data).toEqual({ myBalance: { amountMinor: '20000' } });
  });
});

describe('what is refused over HTTP', () => {
  it.each<[string, object, string]>([
    ['criteria that are no JSON', { criteria: '{' }, 'CRITERIA_INVALID'],
    ['a policy that does not exist', { policy: 'none' }, 'POLICY_UNKNOWN'],
    ['a price beside the menu', { unitMinor: 999 }, 'REQUEST_INVALID'],
    ['a deadline in the past', { answerDeadline: '2020-01-01T00:00:00Z' }, 'ANSWER_DEADLINE_INVALID'],
    ['a key that is none', { idempotencyKey: '' }, 'IDEMPOTENCY_KEY_INVALID'],
  ])('%s', async (_, changes, code) => {
    expect((await ask(buyer, SUBMIT, { input: input(changes) })).code).toBe(code);
  });

  it('a payout of what was not earned, and cursors of other lists', async () => {
    const payout = 'mutation { requestPayout(amountMinor: "100", idempotencyKey: "p") { amountMinor } }';
    expect((await ask(people[0]!, payout)).code).toBe('INSUFFICIENT_FUNDS');
    expect((await ask(buyer, payout)).code).toBe('FORBIDDEN');
    const after = Buffer.from('["x"]').toString('base64url');
    const list = 'query($after: String) { myOrders(after: $after) { edges { cursor } } }';
    expect((await ask(buyer, list, { after })).code).toBe('PAGE_INVALID');
  });

  it('leaves a trace of the attempt, without what was asked', async () => {
    const rows = await kit.test.ownerQuery<{ act: string; reason: string; object_id: string | null; detail: unknown }>(
      `select distinct act, reason, object_id, detail from audit.access_event
        where outcome = 'refused' and actor_id = $1 and act like 'payout.%'`,
      [people[0]!.actor.partyId],
    );
    expect(rows).toEqual([{ act: 'payout.request', reason: 'INSUFFICIENT_FUNDS', object_id: null, detail: null }]);
  });

  it('nothing of what a patient may know about itself', async () => {
    const eligibility = '{ myEligibility { eligible reason } }';
    expect((await ask(people[0]!, eligibility)).data).toEqual({ myEligibility: { eligible: true, reason: null } });
    expect((await ask(buyer, eligibility)).code).toBe('FORBIDDEN');
  });
});

async function only<Row>(sql: string): Promise<Row> {
  const [row] = await kit.test.ownerQuery<Row>(sql);
  if (!row) throw new Error('no row');
  return row;
}
