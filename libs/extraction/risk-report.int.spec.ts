import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { RiskReport } from '@aceso/deidentification/domain';
import type { Member } from '@aceso/identity/testing';
import { ATTEMPTS_MAX } from './domain/attempt';
import type { Manifest } from './domain/manifest';
import { openPackage } from './package-archive';
import { verifyPackage } from './package-verifier';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';
import { samplePerson } from './testing/sample-person';

jest.setTimeout(180_000);

/** What a new buyer of the kit has. */
const CREDIT_MINOR = 10_000_000n;

/** A person whose sex nobody else has: no generalisation makes a class of it. */
function ofAnotherSex(n: number) {
  const [patient, ...rows] = samplePerson(n);
  return { patientId: `patient-${n}`, lines: [{ ...patient, gender: 'other' }, ...rows] };
}

describe('the risk report of a sale', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 16);
  });
  afterAll(() => kit.test.close());

  /** The opened package of an order. */
  async function opened(sale: FundedSale): Promise<string> {
    await kit.deliver(sale.orderId);
    const encryptedPath = await kit.fetch(sale);
    return openPackage({ encryptedPath, identities: [sale.identity], workFolder: dirname(encryptedPath) });
  }

  it('lies in the package as JSON and as a page, hashed in the manifest that is signed', async () => {
    // Nobody else has the sex of the last one, and no generalisation hides it: consented, and left out.
    const alone = await kit.contributor(provider, ofAnotherSex(99));
    const sale = await kit.sale([...persons, alone]);
    await kit.run(sale.orderId);
    const folder = await opened(sale);
    const [manifestText, json, page] = await Promise.all(
      ['manifest.json', 'risk.json', 'risk.html'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    const manifest = JSON.parse(manifestText!) as Manifest;
    expect(manifest.files.map(({ name }) => name)).toEqual(expect.arrayContaining(['risk.json', 'risk.html']));
    expect(manifest.counts.persons).toBe(16);
    const report = JSON.parse(json!) as RiskReport;
    expect(report).toMatchObject({
      verdict: { decision: 'released', threshold: { kMin: 5 }, reasons: [] },
      '1-data-set': { id: `${sale.orderId}, edition 1`, policy: { hash: manifest.policy.hash } },
      '2-context': { kind: 'controlled', kMin: 5, use: manifest.request.purpose },
      '5-risk': { smallestClass: manifest.k.smallestClass, highest: { prosecutor: { before: 1 } } },
      '6-diversity': { before: null, after: null },
      '9-attack': { beatsPrediction: false },
      '10-dates': { shiftDays: 182 },
      '12-privacy-budget': null,
    });
    expect(report['11-residual'].kHoldsOn).toEqual(expect.arrayContaining(['age', 'sex']));
    // One person was left out: too few to say, and nothing else tells it.
    expect(report['1-data-set'].records).toEqual({ before: 15, after: 15 });
    expect(report['8-loss']).toMatchObject({ suppressed: null, suppressedShare: null });
    for (const text of [json, page]) expect(text).not.toMatch(/Familyname|Givenname|MRN-|Harbour|Boston|44054006/);
    expect(page).toContain('Risk within the threshold');
    expect((await verifyPackage({ path: folder })).verdict).toBe('origin not proven');
    await rm(join(folder, 'risk.html'));
    expect((await verifyPackage({ path: folder })).findings).toEqual([{ file: 'risk.html', problem: 'is missing' }]);
  });

  it('refuses a class that is too small: the money goes back and nothing is delivered', async () => {
    const sale = await kit.sale(persons);
    expect(await kit.market.balance(sale.buyer)).toBeLessThan(CREDIT_MINOR);
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const attemptId = await kit.emit(sale.orderId);
      await makeOneAlone(attemptId!);
      await kit.releases.release(sale.orderId, attemptId!);
      const [ended] = await kit.test.ownerQuery(`select state, reason from extraction.attempt where id = $1`, [
        attemptId,
      ]);
      expect(ended).toEqual({ state: 'abandoned', reason: 'K_NOT_REACHED' });
    }
    expect(await kit.run(sale.orderId)).toBe(0);
    await expectRefunded(sale);
  });

  it('lets a class out that a new measurement made large enough', async () => {
    const sale = await kit.sale(persons);
    const attemptId = await kit.emit(sale.orderId);
    await makeOneAlone(attemptId!);
    await kit.releases.release(sale.orderId, attemptId!);
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'released', reason: null });
  });

  async function expectRefunded(sale: FundedSale): Promise<void> {
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'refunded', reason: 'RISK_TOO_HIGH' });
    expect(await kit.market.balance(sale.buyer)).toBe(CREDIT_MINOR);
    await kit.deliver(sale.orderId);
    const left = await kit.test.ownerQuery(
      `select 1 from extraction.package where order_id = $1
       union all select 1 from extraction.disclosure d join extraction.package p on p.id = d.package_id
         where p.order_id = $1`,
      [sale.orderId],
    );
    expect(left).toEqual([]);
    await expect(kit.downloads.open(sale.buyer.actor.partyId, sale.orderId)).rejects.toMatchObject({
      code: 'PACKAGE_NOT_FOUND',
    });
  }

  /** Changes the emitted rows of one person so that its class has nobody else. */
  async function makeOneAlone(attemptId: string): Promise<void> {
    for await (const key of kit.test.blobs.list(`extraction/${attemptId}/`)) {
      if (!/patient/i.test(key)) continue;
      const text = Buffer.concat(await (await kit.test.blobs.open(key)).toArray()).toString();
      const [first, ...rest] = text.split('\n');
      const changed = JSON.stringify({ ...(JSON.parse(first!) as object), ageBand: '90+' });
      await kit.test.blobs.put(key, Readable.from([Buffer.from([changed, ...rest].join('\n'))]));
      return;
    }
    throw new Error('the attempt has no Patient rows');
  }
});
