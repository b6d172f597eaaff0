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
import { openExtractionKit, type Contributor, type ExtractionKit } from './testing';

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
  const { ledger } = kit.market.consent.identity.logs;
  const bundles = new ConsentBundles(kit.test.database, kit.market.consent.consent, ledger, kit.test.config);
  const own = await bundles.of(patient.actor, grant!.digest);
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
  await expect(bundles.of(stranger.actor, grant!.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
