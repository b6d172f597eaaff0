import { asId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { CohortService } from './cohort.service';
import { debit } from './data/privacy-budget';
import { checkCriteria } from './domain';
import { NoisyCounts } from './noisy-counts';
import { insertIndexPerson } from './testing';

const party = (n: number) => ({ partyId: asId<'Party'>(`bbbbbbbb-0000-4000-8000-00000000000${n}`) });
const [one, other, busy, blocked] = [party(1), party(2), party(3), party(4)] as const;
const PEOPLE = 40;
const everybody = checkCriteria({ version: 1, all: [] });
const olderThan = (min: number) => checkCriteria({ version: 1, all: [{ age: { min } }] });
let test: TestDatabase;
let counts: NoisyCounts;

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  const cohorts = new CohortService(test.database, test.runtime, test.config);
  counts = new NoisyCounts(test.database, cohorts, test.runtime, test.custody);
  for (const { partyId } of [one, other, busy, blocked]) {
    await test.ownerQuery(
      `insert into identity.party (id, did, role, registered_at) values ($1, 'did:key:z6Mk' || translate($2, '-0', 'xx'), 'researcher', now())`,
      [partyId, partyId],
    );
  }
  for (let n = 1; n <= PEOPLE; n += 1) await insertIndexPerson(test.ownerQuery, { n });
}, 60_000);
afterAll(() => test.close());

it('a count with noise is near the truth, the same again, and paid once', async () => {
  const question = { criteria: everybody, epsilonMilli: 1000 };
  const first = await counts.count(one, question);
  expect(Math.abs(first.noisy! - PEOPLE)).toBeLessThan(20);
  expect(await counts.count(one, question)).toEqual(first);
  expect(await counts.budget(one)).toEqual({ budgetMilli: 10_000, spentMilli: 1000 });
});

it('the answer stands for everybody, also when people came meanwhile, and each pays', async () => {
  const question = { criteria: olderThan(20), epsilonMilli: 500 };
  const first = await counts.count(one, question);
  await insertIndexPerson(test.ownerQuery, { n: PEOPLE + 1 });
  expect(await counts.count(other, question)).toEqual(first);
  expect(await counts.budget(other)).toEqual({ budgetMilli: 10_000, spentMilli: 500 });
});

it('another epsilon is another question', async () => {
  const before = (await counts.budget(one))!.spentMilli;
  await counts.count(one, { criteria: everybody, epsilonMilli: 999 });
  expect((await counts.budget(one))!.spentMilli).toBe(before + 999);
});

it('200 questions at once never overspend, and what is refused is not charged', async () => {
  const asked = await Promise.allSettled(
    Array.from({ length: 200 }, (_, n) => counts.count(busy, { criteria: olderThan(20), epsilonMilli: 800 + n })),
  );
  const paid = asked.flatMap(({ status }, n) => (status === 'fulfilled' ? [800 + n] : []));
  const refused = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  for (const reason of refused) expect(reason).toMatchObject({ code: 'PRIVACY_BUDGET_SPENT' });
  const { budgetMilli, spentMilli } = (await counts.budget(busy))!;
  expect(paid.length).toBeGreaterThan(5);
  expect(spentMilli).toBe(paid.reduce((sum, milli) => sum + milli, 0));
  expect(spentMilli).toBeLessThanOrEqual(budgetMilli);
  expect(budgetMilli - spentMilli).toBeLessThan(1100);
}, 60_000);

it('the same question 50 times at once is charged once', async () => {
  const question = { criteria: olderThan(21), epsilonMilli: 7 };
  const before = (await counts.budget(one))!.spentMilli;
  const answers = await Promise.all(Array.from({ length: 50 }, () => counts.count(one, question)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect((await counts.budget(one))!.spentMilli).toBe(before + 7);
}, 60_000);

it('what is spent is refused before anything is counted', async () => {
  await test.ownerQuery(
    `insert into cohort.privacy_budget (party_id, data_set, budget_milli) values ($1, 'register', 5)`,
    [blocked.partyId],
  );
  await expect(counts.count(blocked, { criteria: olderThan(22), epsilonMilli: 6 })).rejects.toMatchObject({
    code: 'PRIVACY_BUDGET_SPENT',
  });
  await counts.count(blocked, { criteria: olderThan(22), epsilonMilli: 5 });
  await expect(counts.count(blocked, { criteria: olderThan(23), epsilonMilli: 0 })).rejects.toMatchObject({
    code: 'EPSILON_INVALID',
  });
});

describe('the role of the api cannot', () => {
  const as = (statement: string, params: readonly unknown[] = [one.partyId]) =>
    test.database.transaction('api', async (tx) => {
      await tx.actAs(one.partyId);
      await tx.execute(statement, params);
    });

  it.each([
    ['give itself a budget', `update cohort.privacy_budget set budget_milli = 1000000 where party_id = $1`],
    ['take back what was spent', `update cohort.privacy_budget set spent_milli = 0 where party_id = $1`],
    ['open a budget', `insert into cohort.privacy_budget (party_id, data_set) values ($1, 'mine')`],
    ['take back a charge', `delete from cohort.privacy_charge where party_id = $1`],
    ['lessen a charge', `update cohort.privacy_charge set epsilon_milli = 1 where party_id = $1`],
  ])('%s', async (_, statement) => {
    await expect(as(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('charge somebody else, or see what others asked', async () => {
    const charge = { ...other, dataSet: 'register', questionHash: new Uint8Array(32), epsilonMilli: 1 };
    await expect(
      test.database.transaction('api', async (tx) => {
        await tx.actAs(one.partyId);
        await debit(tx, charge);
      }),
    ).rejects.toMatchObject({ code: '42501' });
    const seen = await test.database.transaction('api', async (tx) => {
      await tx.actAs(other.partyId);
      return tx.query(
        `select 1 from cohort.privacy_charge where party_id <> $1
        union all select 1 from cohort.privacy_budget where party_id <> $1`,
        [other.partyId],
      );
    });
    expect(seen).toEqual([]);
  });
});

it('a group that is locked out of counts is out of these too, until it is released', async () => {
  const locked = async () =>
    test.ownerQuery<{ id: string }>('insert into cohort.count_lock (party_id) values ($1) returning id', [
      other.partyId,
    ]);
  const [lock] = await locked();
  const question = { criteria: olderThan(27), epsilonMilli: 5 };
  await expect(counts.count(other, question)).rejects.toMatchObject({ code: 'COUNT_LOCKED' });
  const [{ n }] = (await test.ownerQuery<{ n: number }>(
    'select count(*)::integer as n from cohort.privacy_charge where party_id = $1 and epsilon_milli = 5',
    [other.partyId],
  )) as [{ n: number }];
  expect(n).toBe(0);
  await test.ownerQuery(`alter table cohort.count_release disable trigger count_released`);
  await test.ownerQuery(
    `insert into cohort.count_release (lock_id, released_by, reason) values ($1, $2, 'looked at and fine')`,
    [lock!.id, one.partyId],
  );
  await test.ownerQuery(`alter table cohort.count_release enable trigger count_released`);
  await expect(counts.count(other, question)).resolves.toBeDefined();
});
