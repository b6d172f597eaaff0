import { verifyBundle, type ConsentBundle } from '@aceso/consent/domain';
import { SHIPPED_DISEASES } from '@aceso/consent/domain';
import { alternative } from '@aceso/consent/testing';
import type { Member } from '@aceso/identity/testing';
import { parseTrustPolicy, judgeReceipt, withExtra } from '@aceso/ledger/domain';
import { publishAll } from '@aceso/ledger/testing';
import { ConsentBundles } from '@aceso/marketplace';
import { loadMlDsa44, sha256, verifyEd25519, verifyP256 } from '@aceso/platform';
import { splitRuleHash } from '@aceso/settlement/domain';
import { utf8 } from '@aceso/kernel';
import { createErasures } from '@aceso/register/testing';
import { WITHDRAWAL_BATCH_MIN } from './domain/withdrawal';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

const PERSONS = 12;
let kit: ExtractionKit;
let clinic: Member;
let willing: Contributor[];

const terms = { alternatives: [alternative({ safeguards: [] })], splitRule: splitRuleHash(sha256) };

beforeAll(async () => {
  kit = await openExtractionKit();
  clinic = await kit.market.consent.identity.member('provider');
  willing = await kit.contributors(clinic, PERSONS);
  for (const person of willing) await kit.market.consent.setStandingTerms(person, terms);
}, 240_000);
afterAll(() => kit.test.close());

/** The members of the released edition. */
const released = (orderId: string) =>
  kit.test.ownerQuery<{ person: string }>(
    `select m.person_id as person from extraction.member m join extraction.attempt a on a.id = m.attempt_id
      where a.order_id = $1 and m.state = 'released' order by 1`,
    [orderId],
  );

it('sells what terms answered, and leaves out whoever sets new terms after the emission', async () => {
  const sale = await kit.sale([]);
  const attempt = await kit.emit(sale.orderId);
  expect(attempt).not.toBeNull();
  const [changes, ...stay] = willing as [Contributor, ...Contributor[]];
  await kit.market.consent.setStandingTerms(changes, terms);
  await kit.releases.release(sale.orderId, attempt!);
  await kit.run(sale.orderId);
  expect(await kit.orderState(sale.orderId)).toEqual({ state: 'released', reason: null });
  const persons = (await released(sale.orderId)).map(({ person }) => person);
  expect(persons).not.toContain(changes.personId);
  expect(persons.length).toBeGreaterThanOrEqual(10);
  for (const person of persons) expect(stay.map(({ personId }) => personId as string)).toContain(person);
}, 240_000);

it('gives a patient a bundle that a stranger verifies, with the receipt of the answer', async () => {
  const [, patient] = willing as [Contributor, Contributor];
  const [grant] = await kit.market.consent.ownGrants(patient, { limit: 1, after: null });
  await publishAll(kit.sequencer);
  const { logs, wards } = kit.market.consent.identity;
  const { ledger } = logs;
  const bundles = new ConsentBundles(wards, kit.market.consent.consent, ledger, kit.test.runtime, kit.test.config);
  const wish = { ward: null, scope: 'research', looksAt: 'grants' } as const;
  const own = await bundles.of(patient.actor, wish, grant!.digest);
  expect(own.receipts).toHaveLength(2); // of the terms, and of what they answered
  const receipts = own.receipts.map(({ proof, entry, opening }) =>
    withExtra(proof, { entry, ...(opening && { opening }) }),
  );
  const bundle: ConsentBundle = { ...own.bundle, receipts };
  const crypto = { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
  const policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  const found = verifyBundle({
    bundleText: JSON.stringify(bundle),
    trustedOrigins: [kit.test.config.origin],
    now: Date.now(),
    tree: SHIPPED_DISEASES,
    sha256,
    verify: verifyEd25519,
    verifyP256,
    judge: (receipt) => judgeReceipt({ receipt: utf8(receipt), policy }, crypto),
  });
  expect(found).toMatchObject({
    verdict: 'verified',
    fault: null,
    says: expect.arrayContaining(['answers by themselves what one of these approves:']),
  });
  const stranger = willing[0]!;
  await expect(bundles.of(stranger.actor, wish, grant!.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

describe('what terms answered and a buyer fetched', () => {
  let sale: FundedSale;
  let people: Contributor[];
  const set = (person: Contributor, changes: object) =>
    kit.market.consent.setStandingTerms(person, { mode: 'ask-me', alternatives: [], ...changes });
  const stateOf = async (person: Contributor): Promise<string | undefined> =>
    (await kit.departures(person)).find(({ orderId }) => orderId === sale.orderId)?.state;
  const listed = () =>
    kit.test.ownerQuery<{ person: string }>(
      'select person_id as person from extraction.member where withdrawal_list_id is not null order by 1',
    );

  beforeAll(async () => {
    people = await kit.contributors(clinic, PERSONS);
    for (const person of willing) await set(person, {});
    for (const person of people) await kit.market.consent.setStandingTerms(person, terms);
    sale = await kit.sale([]);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    await kit.fetch(sale);
  }, 240_000);

  it('stays with the buyer when terms end or change, unless they say that it is withdrawn', async () => {
    const [ends, changes, ...others] = people as [Contributor, Contributor, ...Contributor[]];
    const withdrawing = others.slice(0, WITHDRAWAL_BATCH_MIN);
    await set(ends, {});
    await kit.market.consent.setStandingTerms(changes, terms);
    for (const person of withdrawing) await set(person, { withdraw: true });
    for (const person of [ends, changes]) expect(await stateOf(person)).toBe('with-buyer');
    for (const person of withdrawing) expect(await stateOf(person)).toBe('waiting');
    // Terms after that answer anew, and what was withdrawn stays withdrawn.
    await kit.market.consent.setStandingTerms(withdrawing[0]!, terms);
    expect(await stateOf(withdrawing[0]!)).toBe('waiting');
    await kit.withdrawals.rounds.run();
    const named = (await listed()).map(({ person }) => person);
    expect(named).toEqual(withdrawing.map(({ personId }) => personId as string).sort());
  }, 60_000);

  it('is not what later terms answered, and the moment never moves back', async () => {
    const [, , person] = people as [Contributor, Contributor, Contributor];
    const again = await kit.sale([]);
    const [grant] = await kit.test.ownerQuery<{ digest: string }>(
      `select encode(g.digest, 'hex') as digest from consent.grant g join marketplace."order" o on o.request_id = g.request_id
        where o.id = $1 and g.person_id = $2`,
      [again.orderId, person.personId],
    );
    const [judged] = await kit.test.ownerQuery<{ withdrew: boolean }>('select extraction.withdrew($1, $2, $3)', [
      person.personId,
      grant!.digest,
      again.buyer.actor.partyId,
    ]);
    expect(judged).toEqual({ withdrew: false });
    for (const moment of ['null', `now() - interval '1 day'`]) {
      const back = `update consent.standing_terms set withdrawn_before = ${moment} where person_id = $1`;
      await expect(kit.test.ownerQuery(back, [person.personId])).rejects.toThrow('a withdrawal stays');
    }
  }, 60_000);

  it('of somebody who erased everything goes with the terms, which answer nothing any more', async () => {
    const erased = people.at(-1)!;
    const erasures = createErasures(kit.market.consent.identity);
    await kit.market.api((tx) => erasures.erase(tx, erased.actor, erased.client.erasure(null)));
    expect(await stateOf(erased)).toBe('waiting');
    const left = (sql: string) => kit.test.ownerQuery(sql, [erased.personId]);
    expect(await left('select from consent.standing_terms where person_id = $1')).toEqual([]);
    const texts = await left(
      `select distinct s.text from identity.statement s join identity.patient p using (party_id)
        where p.person_id = $1 and s.typ = 'aceso/standing-terms/v1'`,
    );
    expect(texts).toEqual([{ text: '{}' }]);
    const before = await left('select digest from consent.grant where person_id = $1');
    const asked = await kit.sale([]);
    expect(await left('select digest from consent.grant where person_id = $1')).toEqual(before);
    await kit.run(asked.orderId);
    expect((await released(asked.orderId)).map(({ person }) => person)).not.toContain(erased.personId);
    await expect(kit.market.consent.setStandingTerms(erased, terms)).rejects.toMatchObject({ code: 'PARTY_ERASED' });
  }, 120_000);
});
