import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import fc from 'fast-check';
import { CohortService } from './cohort.service';
import type { Criteria } from './domain';
import { anyCriteria, anyPerson } from './testing/any-criteria';
import { isInCohort, type IndexedRecord } from './testing/plain-evaluation';
import { indexPersonId, insertIndexPerson } from './testing';

const DAY = '2019-05-31';
const PERSONS = 60;
const CRITERIA = 150;

let test: TestDatabase;
let cohorts: CohortService;
let persons: readonly (IndexedRecord & { readonly n: number })[];

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: DAY } });
  cohorts = new CohortService(test.database, test.runtime, test.config);
  const [made] = fc.sample(fc.array(anyPerson, { minLength: PERSONS, maxLength: PERSONS, size: 'max' }), {
    numRuns: 1,
    seed: 5,
  });
  persons = made!.map((each, index) => ({ ...each, n: index + 1 }));
  for (const { n, zip3, state, ...each } of persons) {
    await insertIndexPerson(test.ownerQuery, { ...(each as object), n });
    await test.ownerQuery('update facts.person set zip3 = $2, state = $3 where index_no = $1', [n, zip3, state]);
  }
}, 60_000);
afterAll(() => test.close());

describe('the query of a cohort', () => {
  it('finds who the rules hold for, one person and one event after the other', async () => {
    const sizes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(anyCriteria, async (asked) => {
        const expected = persons.filter((each) => isInCohort(asked, each, DAY)).map(({ n }) => indexPersonId(n));
        expect(await found(asked)).toEqual(expected.sort());
        sizes.add(expected.length);
      }),
      { numRuns: CRITERIA, seed: 6 },
    );
    // Not everybody or nobody each time: else neither of the two would have said anything.
    expect(sizes.size).toBeGreaterThan(PERSONS / 3);
  });

  const found = (asked: Criteria) => test.database.transaction('worker', (tx) => cohorts.resolve(tx, asked));
});
