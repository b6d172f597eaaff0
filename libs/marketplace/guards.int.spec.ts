import type { CohortVersion } from '@aceso/cohort';
import { checkCriteria } from '@aceso/cohort/domain';
import type { Member } from '@aceso/identity/testing';
import { digestOf } from '@aceso/identity/testing';
import { asId, type RequestId } from '@aceso/kernel';
import { ASK_NEXT, ORDER_NEXT, REQUEST_NEXT } from './domain';
import { AskConsumer, LapseConsumer } from './jobs/ask.consumer';
import { UnfinishedRequests } from './jobs/unfinished-requests';
import { UNFUNDED_DAYS_MAX } from './ask.service';
import { openMarketplaceKit, requestInput, type Askable, type MarketplaceKit } from './testing';

const EURO = (amount: number) => ({ amountMinor: BigInt(amount * 100), currency: 'EUR' });
const refusal = (code: string) => expect.objectContaining({ code });
let kit: MarketplaceKit;
let officer: Member;
let people: Askable[];

beforeAll(async () => {
  kit = await openMarketplaceKit();
  officer = await kit.consent.identity.member('officer');
  people = await kit.patients(await kit.consent.identity.member('provider'), 12);
}, 120_000);
afterAll(() => kit.test.close());

const sumOfPostings = async () =>
  (await kit.test.ownerQuery<{ sum: string }>('select sum(amount_minor)::text as sum from settlement.posting'))[0]?.sum;
const answerOf = async (patient: Askable, requestId: string) => {
  const shown = await kit.asked(patient);
  return shown.find((each) => each.requestId === requestId)?.answer;
};

describe('many identical calls at once', () => {
  it('fund one order with one pair of postings (threat T18)', async () => {
    const buyer = await kit.buyer(EURO(10_000));
    const sent = await kit.asking(buyer, officer);
    const orders = await Promise.all(Array.from({ length: 200 }, () => kit.fund(buyer, sent)));
    expect(new Set(orders).size).toBe(1);
    expect(await kit.balance(buyer)).toBe(985_000n);
    expect(await sumOfPostings()).toBe('0');
    const plans = await kit.test.ownerQuery(
      `select 1 from platform.outbox where topic = 'extraction.plan' and payload->>'orderId' = $1`,
      [orders[0]],
    );
    expect(plans).toHaveLength(1);
  });

  it('record one grant, and every caller gets the same receipt (fault 18)', async () => {
    const sent = await kit.asking(await kit.buyer(EURO(1)), officer);
    const patient = people[0]!;
    const text = await kit.signedGrant(patient, sent);
    const receipts = await Promise.all(
      Array.from({ length: 10 }, () => kit.api((tx) => kit.answers.grant(tx, patient.actor, text))),
    );
    expect(new Set(receipts.map(({ grant }) => grant))).toEqual(new Set([digestOf(text)]));
    const sums = await kit.api((tx) => tx.query('select * from marketplace.answers($1, 1)', [sent.requestId]));
    expect(sums).toEqual([{ asked: 12, answered: 1, granted: 1 }]);
  });

  it('ask each person of the cohort once', async () => {
    const buyer = await kit.buyer(EURO(1));
    const sent = await kit.submit(buyer);
    await kit.approve(officer, sent);
    await Promise.all([1, 2, 3].map(() => kit.asks.ask(sent.requestId, sent.version)));
    const acts = await kit.test.ownerQuery(`select 1 from audit.access_event where object_id = $1 and act = $2`, [
      sent.requestId,
      'request.asked',
    ]);
    expect(acts).toHaveLength(1);
  });

  it('leave answers that came before the funding counted and later ones refused', async () => {
    const buyer = await kit.buyer(EURO(10_000));
    const sent = await kit.asking(buyer, officer);
    // Signed before the race: what is funded is not shown to be answered any more.
    const signed = await Promise.all(
      people.slice(1, 9).map(async (patient) => ({ patient, text: await kit.signedGrant(patient, sent) })),
    );
    const answering = signed.map(({ patient, text }) =>
      kit
        .api((tx) => kit.answers.grant(tx, patient.actor, text))
        .catch((error: unknown) => {
          patient.client.sequence -= 1;
          patient.client.previous = JSON.parse(text).payload.prev;
          throw error;
        }),
    );
    const [funded, ...answers] = await Promise.allSettled([kit.fund(buyer, sent), ...answering]);
    expect(funded.status).toBe('fulfilled');
    const granted = answers.filter(({ status }) => status === 'fulfilled').length;
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toEqual(refusal('ANSWER_DEADLINE_PASSED'));
    }
    const [sums] = await kit.api((tx) =>
      tx.query<{ granted: number }>('select granted from marketplace.answers($1, 1)', [sent.requestId]),
    );
    expect(sums?.granted).toBe(granted);
  });
});

describe('a decision', () => {
  const decide = (requestId: RequestId, version = 1) =>
    kit.api((tx) =>
      kit.review.decide(tx, officer.actor, { requestId, version, decision: 'decline', reason: 'No ethics approval.' }),
    );

  it('is one for a version, whichever officers decide at once', async () => {
    const buyer = await kit.buyer(EURO(1));
    const sent = await kit.submit(buyer);
    const decisions = await Promise.allSettled([decide(sent.requestId), kit.approve(officer, sent)]);
    expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const seen = await kit.api((tx) => kit.catalogue.read(tx, officer.actor, sent.requestId));
    expect(['approved', 'declined']).toContain(seen.state);
  });

  it('is about what the officer has read, and about something that exists', async () => {
    const buyer = await kit.buyer(EURO(1));
    const sent = await kit.submit(buyer);
    await expect(decide(sent.requestId, 2)).rejects.toEqual(refusal('REQUEST_VERSION_OUTDATED'));
    await expect(decide(asId('dddddddd-0000-4000-8000-000000000000'))).rejects.toEqual(refusal('NOT_FOUND'));
    expect(await decide(sent.requestId, 1)).toBe('declined');
    const waiting = await kit.api((tx) => kit.catalogue.listToReview(tx, officer.actor, { after: null, limit: 100 }));
    expect(waiting.map(({ requestId }) => requestId)).not.toContain(sent.requestId);
    const [own] = await kit.api((tx) =>
      kit.catalogue.listOwn(tx, { buyerId: buyer.actor.partyId, after: null, limit: 10 }),
    );
    expect(own?.decision).toMatchObject({ decision: 'decline', reason: 'No ethics approval.' });
    await kit.api((tx) => kit.funding.cancel(tx, buyer.actor, sent.requestId));
  });
});

describe('what somebody may not see', () => {
  it('does not exist: requests and orders of another research center', async () => {
    const [buyer, other] = [await kit.buyer(EURO(200)), await kit.buyer(EURO(200))];
    const sent = await kit.asking(buyer, officer);
    await expect(kit.api((tx) => kit.catalogue.read(tx, other.actor, sent.requestId))).rejects.toEqual(
      refusal('NOT_FOUND'),
    );
    await expect(kit.fund(other, sent)).rejects.toEqual(refusal('NOT_FOUND'));
    const orderId = await kit.fund(buyer, sent);
    const reading = kit.api((tx) => kit.orders.readOwn(tx, other.actor.partyId, orderId));
    await expect(reading).rejects.toEqual(refusal('NOT_FOUND'));
    const nowhere = asId<'Order'>('dddddddd-0000-4000-8000-000000000000');
    await expect(kit.worker((tx) => kit.orders.read(tx, nowhere))).rejects.toEqual(refusal('NOT_FOUND'));
    const lists = await kit.api(async (tx) => ({
      orders: await kit.orders.listOwn(tx, { buyerId: other.actor.partyId, after: orderId, limit: 10 }),
      requests: await kit.catalogue.listOwn(tx, { buyerId: other.actor.partyId, after: null, limit: 10 }),
    }));
    expect(lists).toEqual({ orders: [], requests: [] });
  });

  it('cannot be answered: a request that the patient was not asked about', async () => {
    const sent = await kit.asking(await kit.buyer(EURO(1)), officer);
    const stranger = await kit.consent.boundPatient(await kit.consent.identity.member('provider'));
    await expect(kit.decline(stranger, sent)).rejects.toEqual(refusal('NOT_FOUND'));
    const text = await kit.signedGrant(people[0]!, sent);
    await expect(kit.api((tx) => kit.answers.grant(tx, stranger.actor, text))).rejects.toEqual(refusal('NOT_FOUND'));
    await expect(kit.api((tx) => kit.answers.grant(tx, stranger.actor, '{"payload":{}}'))).rejects.toEqual(
      refusal('NOT_FOUND'),
    );
    people[0]!.client.sequence -= 1;
    people[0]!.client.previous = JSON.parse(text).payload.prev;
  });

  it('is no row either: answers are the patient’s alone, and the worker reads none', async () => {
    const sent = await kit.asking(await kit.buyer(EURO(1)), officer);
    await kit.decline(people[2]!, sent);
    const rows = (patient?: Askable) =>
      kit.api(async (tx) => {
        if (patient) await tx.actAs(patient.actor.partyId);
        return tx.query('select state from marketplace.ask where request_id = $1', [sent.requestId]);
      });
    expect([await rows(people[2]), await rows(people[3]), await rows()]).toEqual([
      [{ state: 'declined' }],
      [{ state: 'asked' }],
      [],
    ]);
    await expect(kit.worker((tx) => tx.query('select state from marketplace.ask'))).rejects.toThrow(
      'permission denied',
    );
    expect([await answerOf(people[2]!, sent.requestId), await answerOf(people[3]!, sent.requestId)]).toEqual([
      'declined',
      'asked',
    ]);
  });
});

describe('a request of a saved cohort', () => {
  const older = (min: number) => checkCriteria({ version: 1, all: [{ age: { min } }] });
  const save = ({ actor }: Member, min: number, cohortId?: CohortVersion['cohortId']) =>
    kit.api((tx) => kit.saved.save(tx, actor, { cohortId, name: 'Older', criteria: older(min) }));
  const draft = (asked: { criteria?: unknown; cohort?: CohortVersion }) => {
    const answerDeadline = kit.test.runtime.now() + 86_400_000;
    return { ...requestInput(), criteria: undefined, ...asked, answerDeadline };
  };
  const submit = ({ actor }: Member, asked: Parameters<typeof draft>[0]) =>
    kit.api((tx) => kit.requests.submit(tx, actor, draft(asked)));
  const amend = ({ actor }: Member, requestId: RequestId, asked: Parameters<typeof draft>[0]) =>
    kit.api((tx) => kit.requests.amend(tx, actor, { requestId, draft: draft(asked) }));
  /** Which cohort, by its place in the order in which they came up, and which version each version of a request names. */
  const namedBy = async (requestId: RequestId) => {
    const rows = await kit.test.ownerQuery<{ id: string; version: number }>(
      `select cohort_id as id, cohort_version as version from marketplace.request_version
        where request_id = $1 order by version`,
      [requestId],
    );
    const ids = [...new Set(rows.map(({ id }) => id))];
    return { ids, versions: rows.map(({ id, version }) => [ids.indexOf(id), version]) };
  };

  it('names its version, and adds none to it when it is amended', async () => {
    const buyer = await kit.buyer(EURO(1));
    const saved = await save(buyer, 40);
    const sent = await submit(buyer, { cohort: { cohortId: saved.cohortId, version: 1 } });
    expect(sent.contentHash).toBe((await submit(buyer, { criteria: older(40) })).contentHash);
    const shown = () => kit.api((tx) => kit.catalogue.read(tx, buyer.actor, sent.requestId));
    expect((await shown()).savedCohort).toEqual({ cohortId: saved.cohortId, version: 1 });
    const asOfficer = await kit.api((tx) => kit.catalogue.read(tx, officer.actor, sent.requestId));
    expect([asOfficer.savedCohort, asOfficer.content.cohort]).toEqual([null, older(40)]);
    await amend(buyer, sent.requestId, { criteria: older(50) });
    expect((await shown()).savedCohort).toBe(null);
    await amend(buyer, sent.requestId, { criteria: older(60) });
    await save(buyer, 70, saved.cohortId);
    await amend(buyer, sent.requestId, { cohort: { cohortId: saved.cohortId, version: 2 } });
    await amend(buyer, sent.requestId, { criteria: older(60) });
    const { ids, versions } = await namedBy(sent.requestId);
    expect(ids[0]).toBe(saved.cohortId);
    expect(versions).toEqual([
      [0, 1],
      [1, 1],
      [1, 2],
      [0, 2],
      [1, 2],
    ]);
    expect((await kit.api((tx) => kit.saved.read(tx, buyer.actor, saved))).versions).toHaveLength(2);
    const listed = await kit.api((tx) => kit.saved.list(tx, buyer.actor, { shelf: 'own', after: null, limit: 9 }));
    expect(listed.map(({ cohortId }) => cohortId)).toEqual([saved.cohortId]);
  });

  it('is a copy of what an affiliate shares, and nothing where that is not shared', async () => {
    const [owner, buyer] = [await kit.buyer(EURO(1)), await kit.buyer(EURO(1))];
    const saved = await save(owner, 40);
    const cohort = { cohortId: saved.cohortId, version: 1 };
    await kit.api((tx) => kit.saved.share(tx, owner.actor, { cohortId: saved.cohortId, shared: true }));
    await expect(submit(buyer, { cohort })).rejects.toThrow(refusal('NOT_FOUND'));
    const pair = [owner.actor.partyId, buyer.actor.partyId] as const;
    await kit.api((tx) => kit.consent.identity.affiliations.declare(tx, officer.actor, pair));
    const { ids } = await namedBy((await submit(buyer, { cohort })).requestId);
    expect(ids).not.toContain(saved.cohortId);
    await expect(submit(buyer, {})).rejects.toThrow(refusal('REQUEST_INVALID'));
    await expect(submit(buyer, { cohort, criteria: older(40) })).rejects.toThrow(refusal('REQUEST_INVALID'));
  });
});

describe('second thoughts', () => {
  it('of a patient who agreed: the grant is revoked first, then it is a no', async () => {
    const sent = await kit.asking(await kit.buyer(EURO(1)), officer);
    const patient = people[4]!;
    const grant = await kit.grant(patient, sent);
    await expect(kit.decline(patient, sent)).rejects.toEqual(refusal('GRANT_STANDS'));
    expect(await answerOf(patient, sent.requestId)).toBe('granted');
    await kit.consent.revoke(patient, grant);
    expect(await answerOf(patient, sent.requestId)).toBe('declined');
    await kit.decline(patient, sent);
    await kit.grant(patient, sent);
    expect(await answerOf(patient, sent.requestId)).toBe('granted');
  });
});

describe('the database', () => {
  it('allows the same moves as the code', async () => {
    const rows = await kit.test.ownerQuery<{ subject: string; from_state: string; to_state: string }>(
      'select * from marketplace.allowed_move',
    );
    const inCode = Object.entries({ request: REQUEST_NEXT, order: ORDER_NEXT, ask: ASK_NEXT }).flatMap(
      ([subject, next]) =>
        Object.entries(next as Record<string, readonly string[]>).flatMap(([from, states]) =>
          states.map((to) => `${subject} ${from} ${to}`),
        ),
    );
    expect(rows.map((row) => `${row.subject} ${row.from_state} ${row.to_state}`).sort()).toEqual(inCode.sort());
  });

  it('refuses a move that is not allowed, and a start in the middle', async () => {
    const sent = await kit.submit(await kit.buyer(EURO(1)));
    const move = kit.worker((tx) =>
      tx.execute(`update marketplace.request set state = 'funded' where id = $1`, [sent.requestId]),
    );
    await expect(move).rejects.toThrow('a request that is submitted cannot become funded');
    const start = kit.test.ownerQuery(
      `insert into marketplace.request (id, buyer_id, state)
       select gen_random_uuid(), buyer_id, 'approved' from marketplace.request where id = $1`,
      [sent.requestId],
    );
    await expect(start).rejects.toThrow('a new request starts as submitted');
  });

  it('commits no release without its shares, and none of an escrow that went back', async () => {
    const buyer = await kit.buyer(EURO(150));
    const orderId = await kit.fund(buyer, await kit.asking(buyer, officer));
    await kit.worker((tx) => kit.orders.begin(tx, orderId));
    await expect(kit.worker((tx) => kit.orders.markReleased(tx, orderId))).rejects.toThrow('does not hold');
    const releasedAndRefunded = kit.worker(async (tx) => {
      await kit.orders.markReleased(tx, orderId);
      await kit.settlement.refundEscrow(tx, { orderId });
    });
    await expect(releasedAndRefunded).rejects.toThrow('does not hold');
    const half = kit.worker((tx) =>
      tx.execute(`update marketplace."order" set state = 'refunded', reason = 'GATE_MOVED' where id = $1`, [orderId]),
    );
    await expect(half).rejects.toThrow('does not hold');
  });

  it('finds a content that was altered behind its hash', async () => {
    const buyer = await kit.buyer(EURO(1));
    const sent = await kit.submit(buyer);
    await kit.test.ownerQuery('alter table marketplace.request_version disable trigger user');
    await kit.test.ownerQuery(
      `update marketplace.request_version set content = jsonb_set(content, '{k}', '6') where request_id = $1`,
      [sent.requestId],
    );
    await kit.test.ownerQuery('alter table marketplace.request_version enable trigger user');
    await expect(kit.api((tx) => kit.catalogue.read(tx, buyer.actor, sent.requestId))).rejects.toEqual(
      refusal('REQUEST_ALTERED'),
    );
  });

  it.each(['request_version', 'decision', 'allowed_move'])('never changes the table %s', async (table) => {
    await expect(kit.api((tx) => tx.execute(`delete from marketplace.${table}`))).rejects.toThrow('permission denied');
    await expect(kit.test.ownerQuery(`truncate marketplace.${table} cascade`)).rejects.toThrow('append-only');
  });
});

describe('time', () => {
  it('ends answering by the database’s clock', async () => {
    const deadline = kit.test.runtime.now() + 1_500;
    const sent = await kit.asking(await kit.buyer(EURO(1)), officer, { answerDeadline: deadline });
    const text = await kit.signedGrant(people[5]!, sent);
    await new Promise((resolve) => setTimeout(resolve, deadline + 50 - kit.test.runtime.now()));
    await expect(kit.api((tx) => kit.answers.grant(tx, people[5]!.actor, text))).rejects.toEqual(
      refusal('ANSWER_DEADLINE_PASSED'),
    );
    await expect(kit.decline(people[5]!, sent)).rejects.toEqual(refusal('ANSWERING_CLOSED'));
    expect(await answerOf(people[5]!, sent.requestId)).toBeUndefined();
    people[5]!.client.sequence -= 1;
    people[5]!.client.previous = JSON.parse(text).payload.prev;
  });

  it('brings lost asks back, and ends requests that nobody funds', async () => {
    const work = new UnfinishedRequests(kit.test.database);
    const waiting = await kit.submit(await kit.buyer(EURO(1)));
    await kit.approve(officer, waiting);
    const stale = await kit.asking(await kit.buyer(EURO(1)), officer);
    const current = await kit.asking(await kit.buyer(EURO(1)), officer);
    await kit.test.ownerQuery('alter table marketplace.request_version disable trigger user');
    await kit.test.ownerQuery(
      `update marketplace.request_version set answer_deadline = now() - make_interval(days => $2, mins => 1)
        where request_id = $1`,
      [stale.requestId, UNFUNDED_DAYS_MAX],
    );
    await kit.test.ownerQuery('alter table marketplace.request_version enable trigger user');
    const items = await work.find();
    expect(items).toContainEqual({
      topic: 'marketplace.ask',
      payload: { requestId: waiting.requestId, version: 1 },
      key: `ask-${waiting.requestId}-1`,
    });
    expect(items).toContainEqual({
      topic: 'marketplace.lapse',
      payload: { requestId: stale.requestId },
      key: `lapse-${stale.requestId}`,
    });
    const lapse = new LapseConsumer(kit.asks);
    await lapse.handle(lapse.payload.parse({ requestId: stale.requestId }));
    await lapse.handle({ requestId: stale.requestId });
    await lapse.handle({ requestId: waiting.requestId });
    await lapse.handle({ requestId: current.requestId });
    const ask = new AskConsumer(kit.asks);
    await ask.handle(ask.payload.parse({ requestId: waiting.requestId, version: 1 }));
    const keys = (await work.find()).map(({ key }) => key);
    expect(keys).not.toContain(`lapse-${stale.requestId}`);
    expect(keys).not.toContain(`ask-${waiting.requestId}-1`);
    const states = await kit.test.ownerQuery<{ state: string }>(
      'select state from marketplace.request where id = any($1::uuid[]) order by array_position($1::uuid[], id)',
      [[stale.requestId, current.requestId, waiting.requestId]],
    );
    expect(states.map(({ state }) => state)).toEqual(['cancelled', 'asking', 'asking']);
  });
});
