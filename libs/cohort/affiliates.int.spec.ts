import { randomUUID } from 'node:crypto';
import { asId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { CohortService } from './cohort.service';
import { checkCriteria } from './domain';
import { NoisyCounts } from './noisy-counts';
import type { CohortCounts } from './cohort-counts';
import { indexPersonId, insertIndexPerson, openCounts } from './testing';

/** All persons, and those of them whom the clinic vouches for. */
const PEOPLE = 75;
const OF_CLINIC = 40;
const DAY = '2019-05-31';
const everybody = checkCriteria({ version: 1, all: [] });
const olderThan = (min: number) => checkCriteria({ version: 1, all: [{ age: { min } }] });
interface Asker {
  readonly partyId: ReturnType<typeof asId<'Party'>>;
}
let test: TestDatabase;
let cohorts: CohortService;
let counts: NoisyCounts;
let shown: CohortCounts;
let officer: Asker;
let clinic: Asker;

const member = async (role: string): Promise<Asker> => {
  const partyId = asId<'Party'>(randomUUID());
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1::text::uuid, 'did:key:z6Mk' || translate($1::text, '-0', 'xx'), $2, now())`,
    [partyId, role],
  );
  return { partyId };
};
const declare = (one: Asker, other: Asker) =>
  test.ownerQuery(
    `insert into identity.affiliation (first_party_id, second_party_id, declared_by)
     values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)`,
    [one.partyId, other.partyId, officer.partyId],
  );
const endAll = (one: Asker) =>
  test.ownerQuery(
    `insert into identity.affiliation_end (affiliation_id, ended_by)
     select id, $2 from identity.affiliation where $1 in (first_party_id, second_party_id)`,
    [one.partyId, officer.partyId],
  );
const vouchedByClinic = (n: number) =>
  test.ownerQuery('update identity.binding set provider_id = $1, bound_at = clock_timestamp() where person_id = $2', [
    clinic.partyId,
    indexPersonId(n),
  ]);

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: DAY } });
  cohorts = new CohortService(test.database, test.runtime, test.config);
  shown = openCounts(test);
  counts = new NoisyCounts(test.database, cohorts, test.runtime, test.custody);
  officer = await member('officer');
  clinic = await member('provider');
  for (let n = 1; n <= PEOPLE; n += 1) await insertIndexPerson(test.ownerQuery, { n });
  for (let n = 1; n <= OF_CLINIC; n += 1) await vouchedByClinic(n);
}, 60_000);
afterAll(() => test.close());

describe('patients of an affiliate', () => {
  it('are in no count that is shown to the buyer, over any number of steps', async () => {
    const [buyer, sister, stranger] = [
      await member('researcher'),
      await member('researcher'),
      await member('researcher'),
    ];
    expect(await shown.count(buyer, everybody)).toMatchObject({ approximate: PEOPLE });
    await declare(sister, clinic);
    await declare(buyer, sister);
    for (const one of [buyer, sister]) {
      expect(await cohorts.persons(one, everybody, DAY)).toBe(PEOPLE - OF_CLINIC);
      expect(await shown.count(one, everybody)).toEqual({ approximate: PEOPLE - OF_CLINIC, suppressed: false });
    }
    expect(await shown.count(stranger, everybody)).toMatchObject({ approximate: PEOPLE });
    // They are asked all the same: an order may take them along where others hide them.
    expect(await cohorts.find(everybody)).toHaveLength(PEOPLE);
  });

  it('stay out after the affiliation has ended, those who are bound later do not', async () => {
    const buyer = await member('researcher');
    await declare(buyer, clinic);
    await endAll(buyer);
    expect(await cohorts.persons(buyer, everybody, DAY)).toBe(PEOPLE - OF_CLINIC);
    await insertIndexPerson(test.ownerQuery, { n: PEOPLE + 1 });
    await vouchedByClinic(PEOPLE + 1);
    expect(await cohorts.persons(buyer, everybody, DAY)).toBe(PEOPLE + 1 - OF_CLINIC);
    await declare(buyer, clinic);
    expect(await cohorts.persons(buyer, everybody, DAY)).toBe(PEOPLE - OF_CLINIC);
  });
});

describe('the privacy budget of affiliates', () => {
  it('is one: each question is paid once, and uses up what the others have', async () => {
    const [one, other] = [await member('researcher'), await member('researcher')];
    const question = { criteria: everybody, epsilonMilli: 1000 };
    const answer = await counts.count(one, question);
    await declare(one, other);
    expect(await counts.count(other, question)).toEqual(answer);
    expect(await counts.budget(other)).toEqual({ budgetMilli: 10_000, spentMilli: 1000 });
    for (let age = 30; age < 38; age += 1) await counts.count(other, { criteria: olderThan(age), epsilonMilli: 1000 });
    await counts.count(other, { criteria: olderThan(20), epsilonMilli: 500 });
    expect(await counts.budget(one)).toEqual({ budgetMilli: 10_000, spentMilli: 9500 });
    await expect(counts.count(one, { criteria: olderThan(21), epsilonMilli: 501 })).rejects.toMatchObject({
      code: 'PRIVACY_BUDGET_SPENT',
    });
    await endAll(one);
    await counts.count(other, { criteria: olderThan(22), epsilonMilli: 500 });
    expect((await counts.budget(one))?.spentMilli).toBe(9500);
    expect((await counts.budget(other))?.spentMilli).toBe(10_000);
  });

  it('is not overspent by affiliates who ask at once', async () => {
    const group = await Promise.all(Array.from({ length: 4 }, () => member('researcher')));
    for (const one of group.slice(1)) await declare(group[0]!, one);
    const asked = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) =>
        counts.count(group[n % 4]!, { criteria: olderThan(20), epsilonMilli: 800 + n }),
      ),
    );
    const paid = asked.reduce((sum, { status }, n) => sum + (status === 'fulfilled' ? 800 + n : 0), 0);
    expect(paid).toBeLessThanOrEqual(10_000);
    expect(paid).toBeGreaterThan(9000);
    for (const one of group) expect((await counts.budget(one))?.spentMilli ?? paid).toBe(paid);
  });

  it('is of other questions where other patients are left out', async () => {
    const [buyer, stranger] = [await member('researcher'), await member('researcher')];
    await declare(buyer, clinic);
    const question = { criteria: olderThan(18), epsilonMilli: 1_000 };
    // With this noise one answer in a million is further from the true number.
    expect(Math.abs((await counts.count(stranger, question)).noisy! - (PEOPLE + 1))).toBeLessThanOrEqual(14);
    expect(Math.abs((await counts.count(buyer, question)).noisy! - (PEOPLE - OF_CLINIC))).toBeLessThanOrEqual(14);
  });
});
