import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PermissionRule } from '@aceso/consent/domain';
import { pseudonymsUnder } from '@aceso/deidentification/domain';
import type { Member } from '@aceso/identity/testing';
import { hmacSha256 } from '@aceso/platform';
import { openPackage } from './package-archive';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

const none = (changes: Partial<PermissionRule> = {}): PermissionRule => ({
  subject: { class: 'research' },
  category: {},
  level: 'none',
  purpose: 'any',
  ...changes,
});

describe('rules of patients in a sale', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 18);
  });
  afterAll(() => kit.test.close());
  afterEach(async () => {
    for (const person of persons) await setRules(person, []);
  });

  const setRules = (person: Contributor, rules: readonly PermissionRule[]): Promise<void> =>
    kit.market.consent.setRules(person, rules);

  const members = async ({ orderId }: FundedSale): Promise<string[]> =>
    (
      await kit.test.ownerQuery<{ person: string }>(
        `select m.person_id as person from extraction.member m
           join extraction.package p on p.attempt_id = m.attempt_id where p.order_id = $1 and m.state = 'released'`,
        [orderId],
      )
    ).map(({ person }) => person);

  /** The lines of each person in the delivered files, by resource type. */
  async function delivered(sale: FundedSale): Promise<(person: Contributor, type: string) => string[]> {
    await kit.deliver(sale.orderId);
    const key = await kit.test.database.transaction('worker', (tx) =>
      kit.saleKeys.open(tx, sale.orderId, 'extraction.released'),
    );
    const pseudonymise = pseudonymsUnder(key, hmacSha256);
    const path = await kit.fetch(sale);
    const work = await mkdtemp(join(tmpdir(), 'aceso-open-'));
    const folder = await openPackage({ encryptedPath: path, identities: [sale.identity], workFolder: work });
    const files = new Map<string, string[]>();
    for (const name of await readdir(join(folder, 'data'))) {
      if (!name.endsWith('.ndjson')) continue;
      files.set(name.replace('.ndjson', ''), (await readFile(join(folder, 'data', name), 'utf8')).trim().split('\n'));
    }
    await rm(work, { recursive: true });
    await rm(dirname(path), { recursive: true });
    return (person, type) => {
      const pseudonym = pseudonymise('pseudonym/Patient', person.personId);
      return (files.get(type) ?? []).filter((line) => line.includes(pseudonym));
    };
  }

  it('keep back what they name, also what refers to it, and nothing of anybody else', async () => {
    const [byType, byCode, byDays, byProvider, byEncounter, other] = persons as [
      Contributor,
      Contributor,
      Contributor,
      Contributor,
      Contributor,
      Contributor,
    ];
    await setRules(byType, [none({ category: { types: ['Condition'] } })]);
    await setRules(byCode, [none({ category: { codes: ['http://loinc.org|8302-2'] } })]);
    await setRules(byDays, [none({ category: { days: { from: '2018-01-01', to: '2018-12-31' } } })]);
    await setRules(byProvider, [none({ category: { types: ['Observation'], providers: [provider.actor.partyId] } })]);
    await setRules(byEncounter, [
      none({ category: { types: ['Encounter'], days: { from: '2015-01-01', to: '2015-12-31' } } }),
    ]);
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    expect(await members(sale)).toHaveLength(persons.length);
    const lines = await delivered(sale);
    const counts = (person: Contributor): number[] =>
      ['Patient', 'Condition', 'Encounter', 'Observation'].map((type) => lines(person, type).length);
    expect(counts(other)).toEqual([1, 1, 2, 2]);
    expect(counts(byType)).toEqual([1, 0, 2, 2]);
    expect(counts(byCode)).toEqual([1, 1, 2, 0]);
    expect(counts(byDays)).toEqual([1, 1, 1, 1]);
    expect(counts(byProvider)).toEqual([1, 1, 2, 0]);
    expect(counts(byEncounter)).toEqual([1, 1, 1, 2]);
    expect(lines(other, 'Condition')[0]).toContain('Encounter/');
    expect(lines(byEncounter, 'Condition')[0]).not.toContain('Encounter/');
  });

  it('keep a person out of the asks, who wants no research or not this center', async () => {
    const [all, center, physicians] = persons as [Contributor, Contributor, Contributor];
    const buyer = await kit.market.buyer({ amountMinor: 10_000_000n, currency: 'EUR' });
    await setRules(all, [none()]);
    await setRules(center, [none({ subject: { party: buyer.actor.partyId } })]);
    await setRules(physicians, [none({ subject: { class: 'physicians' } })]);
    const asked = persons.filter((person) => person !== all && person !== center);
    const sale = await kit.sale(asked, {}, buyer);
    const told = await kit.test.ownerQuery<{ person: string }>(
      `select a.person_id as person from marketplace.ask a join marketplace."order" o using (request_id) where o.id = $1`,
      [sale.orderId],
    );
    expect(told.map(({ person }) => person).sort()).toEqual(asked.map(({ personId }) => personId).sort());
  });

  it('stop what was granted before, at the plan and at the release', async () => {
    const [early, late, part] = persons as [Contributor, Contributor, Contributor];
    const sale = await kit.sale(persons);
    await setRules(early, [none({ purpose: 'research' })]);
    const attemptId = await kit.emit(sale.orderId);
    await setRules(late, [none()]);
    await setRules(part, [none({ category: { types: ['Claim'] } })]);
    await kit.releases.release(sale.orderId, attemptId!);
    await kit.run(sale.orderId);
    const left = new Set([early, late, part].map(({ personId }) => String(personId)));
    expect((await members(sale)).sort()).toEqual(
      persons
        .map(({ personId }) => personId)
        .filter((id) => !left.has(id))
        .sort(),
    );
  });

  it('that begin by themselves between emission and release are seen', async () => {
    const [person] = persons as [Contributor];
    const sale = await kit.sale(persons);
    const from = Math.floor(Date.now() / 1000) + 6;
    await setRules(person, [none({ period: { from } })]);
    const attemptId = await kit.emit(sale.orderId);
    expect(Date.now() / 1000).toBeLessThan(from);
    await sleep(from * 1000 + 50 - Date.now());
    await kit.releases.release(sale.orderId, attemptId!);
    await kit.run(sale.orderId);
    const ids = await members(sale);
    expect(ids).toHaveLength(persons.length - 1);
    expect(ids).not.toContain(person.personId);
  });
});
