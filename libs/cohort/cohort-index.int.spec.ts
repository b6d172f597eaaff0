import { FactMerge } from '@aceso/register';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import fc from 'fast-check';
import { CohortIndex } from './cohort-index';
import { CohortService } from './cohort.service';
import { checkCriteria, EVENT_KINDS } from './domain';
import { apart, personSet } from './domain/person-set';
import { EvaluationThreads } from './evaluation-threads';
import { indexPersonId, insertIndexFacts, insertIndexPerson, insertIndexRules } from './testing';
import { anyCriteria, anyPerson, TEST_CONCEPTS } from './testing/any-criteria';
import { isInCohort, type IndexedRecord } from './testing/plain-evaluation';

const DAY = '2019-05-31';
const PERSONS = 60;
const CRITERIA = 35;
type Person = IndexedRecord & { readonly n: number };

let test: TestDatabase;
let cohorts: CohortService;
let merges: FactMerge;
let index: CohortIndex;
/** Whom the index should have, by number. */
const persons = new Map<number, Person>();
let spare: Person[];

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: DAY } });
  merges = new FactMerge(test.database);
  // No block is too small for a thread, and no two of them fit into memory.
  const threads = new EvaluationThreads({ threads: 2, looksInPlaceMax: -1 });
  index = new CohortIndex(test.database, { threads, cacheBytesMax: 100, concepts: TEST_CONCEPTS });
  cohorts = new CohortService(test.database, test.runtime, test.config, index);
  const all = fc.array(anyPerson, { minLength: 2 * PERSONS, maxLength: 2 * PERSONS, size: 'max' });
  const [made] = fc.sample(all, { numRuns: 1, seed: 5 });
  spare = made!.slice(PERSONS).map((each) => ({ ...each, n: 0 }));
  for (const [at, each] of made!.slice(0, PERSONS).entries()) {
    const n = at + 1;
    await insertIndexPerson(test.ownerQuery, { ...(each as object), n });
    persons.set(n, { ...each, n });
  }
}, 60_000);
afterAll(async () => {
  await index.onModuleDestroy();
  await test.close();
});

const mergeAll = async (): Promise<number> => {
  let facts = 0;
  for await (const merged of merges.mergeAll()) facts += merged.facts;
  return facts;
};
/** As the register writes a person anew: in one transaction. */
const writeAnew = async (n: number): Promise<void> => {
  const person = { ...spare.pop()!, n };
  await test.database.transaction('index', async (tx) => {
    await tx.query('select from facts.slot where index_no = $1 for update', [n]);
    await tx.query('delete from facts.fact where index_no = $1', [n]);
    await tx.query('delete from facts.person where index_no = $1', [n]);
    await insertIndexFacts((sql, params) => tx.query(sql, params), { ...(person as object), indexNo: n });
  });
  persons.set(n, person);
};
const erase = async (n: number): Promise<void> => {
  await test.ownerQuery('select register.forget_facts($1)', [indexPersonId(n)]);
  persons.delete(n);
};

/** Some criteria, each with the answer that it must have, and how many different sizes there were. */
async function agree(seed: number, ask = cohorts): Promise<number> {
  const sizes = new Set<number>();
  await fc.assert(
    fc.asyncProperty(anyCriteria, async (asked) => {
      const expected = [...persons.values()].filter((each) => isInCohort(asked, each, DAY));
      expect(await ask.find(asked)).toEqual(expected.map(({ n }) => indexPersonId(n)).sort());
      sizes.add(expected.length);
    }),
    { numRuns: CRITERIA, seed },
  );
  return sizes.size;
}

/** Who has any fact of a kind, of all who are found; `ruled` keep something back. */
async function agreeOnHolders(ruled: readonly number[] = []): Promise<void> {
  const numbers = await test.ownerQuery<{ n: number; id: string }>(
    'select number as n, person_id as id from register.person_index',
  );
  const numberOf = new Map(numbers.map(({ n, id }) => [id, n]));
  const criteria = checkCriteria({ version: 1, all: [{ alive: true }] });
  const asked = { criteria, day: DAY, adultAgeYears: test.config.adultAgeYears };
  const sets = await index.holders('api', asked, EVENT_KINDS);
  for (const [at, kind] of EVENT_KINDS.entries()) {
    const having = [...persons.values()].filter(
      ({ n, facts }) => !ruled.includes(n) && facts.some((each) => each.kind === kind),
    );
    const expected = personSet(having.map(({ n }) => numberOf.get(indexPersonId(n))!));
    expect([kind, sets[at]!.size, apart(sets[at]!, expected)]).toEqual([kind, having.length, { more: 0, less: 0 }]);
  }
}

describe('the index', () => {
  it('finds who the rules hold for: in rows, in blocks, and in both', async () => {
    // Not everybody or nobody each time: else neither of the two would have said anything.
    expect(await agree(1)).toBeGreaterThan(10);
    expect(await mergeAll()).toBeGreaterThan(PERSONS);
    expect(await agree(2)).toBeGreaterThan(10);
    for (const n of [1, 2, 3, 30, 59, 60]) await writeAnew(n);
    await agree(3);
    await agreeOnHolders();
    await mergeAll();
    await agree(4);
  });

  it('forgets who is erased, at once and in every block', async () => {
    await writeAnew(5);
    for (const n of [5, 6, 60]) await erase(n);
    await agree(5);
    await agreeOnHolders();
    await mergeAll();
    await agree(6);
    await agreeOnHolders();
    expect(await test.ownerQuery('select index_no from facts.slot where merged and index_no is null')).toEqual([]);
  });

  it('sees each fact once while persons are written and merged', async () => {
    const all = checkCriteria({ version: 1, all: [{ none: [{ condition: { codes: ['no such code'] } }] }] });
    const twice = checkCriteria({
      version: 1,
      all: [{ any: [{ condition: { codes: ['only'], times: { min: 1 } } }] }],
    });
    let going = true;
    const changes = (async () => {
      for (let n = 10; n < 40; n += 1) {
        await writeAnew(n);
        if (n % 3 === 0) await mergeAll();
      }
      going = false;
    })();
    while (going) {
      expect(await cohorts.find(all)).toHaveLength(persons.size);
      expect(await cohorts.find(twice)).toEqual([]);
    }
    await changes;
    await agree(7);
  });

  it('looks at no fact that a person keeps back, merged or not', async () => {
    await insertIndexRules(test.ownerQuery, 20, [{ subject: 'research', level: 'none', types: ['Condition'] }]);
    const kept = persons.get(20)!;
    persons.set(20, { ...kept, facts: kept.facts.filter(({ kind }) => kind !== 'condition') });
    await agree(8);
    await writeAnew(21);
    await insertIndexRules(test.ownerQuery, 21, [{ subject: 'research', level: 'none', types: ['Observation'] }]);
    const other = persons.get(21)!;
    persons.set(21, { ...other, facts: other.facts.filter(({ kind }) => kind !== 'observation') });
    await agree(9);
    await agreeOnHolders([20, 21]);
  });

  it('says the same on the caller as in threads', async () => {
    const here = new CohortIndex(test.database, { concepts: TEST_CONCEPTS });
    await agree(10, new CohortService(test.database, test.runtime, test.config, here));
  });
});
