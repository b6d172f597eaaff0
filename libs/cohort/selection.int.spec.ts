import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import fc from 'fast-check';
import { CohortService } from './cohort.service';
import { checkCriteria, type Criteria } from './domain';
import { isInCohort, type IndexedRecord } from './testing/plain-evaluation';
import { indexPersonId, insertIndexPerson } from './testing';

const DAY = '2019-05-31';
const PERSONS = 60;
const CRITERIA = 150;

let test: TestDatabase;
let cohorts: CohortService;
let persons: readonly (IndexedRecord & { readonly n: number })[];

const day = fc
  .integer({ min: 0, max: 40 })
  .map((days) => new Date(Date.UTC(2018, 11, 26 + days)).toISOString().slice(0, 10));
const code = fc.constantFrom('a', 'b', 'c');
const kind = fc.constantFrom('condition' as const, 'observation' as const, 'encounter' as const, 'medication' as const);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 6 });

// Few codes, days and values, so that rules hold for some and not for others.
const fact = fc.record({
  kind,
  system: fc.constantFrom('s', 't'),
  code,
  start: orNull(day),
  value: orNull(fc.integer({ min: 1, max: 5 })),
  unit: orNull(fc.constantFrom('mg', 'g')),
});
const person = fc.record({
  birthMonth: fc.constantFrom('1970', '1970-06', '1979-01', '1979-12', '1988-01', '1999'),
  sex: fc.constantFrom('female' as const, 'male' as const),
  zip3: orNull(fc.constantFrom('021', '100')),
  state: orNull(fc.constantFrom('MA', 'NY')),
  facts: fc.array(fact, { maxLength: 12 }),
});

const limits = <T>(of: fc.Arbitrary<T>, low: string, high: string) =>
  fc.tuple(of, of, fc.constantFrom('both', low, high)).map(([a, b, which]) => {
    const [least, most] = a <= b ? [a, b] : [b, a];
    return { ...(which !== high && { [low]: least }), ...(which !== low && { [high]: most }) };
  });
const codes = fc.uniqueArray(code, { minLength: 1, maxLength: 2 });
// Mostly left out: many conditions on one event hold for nobody.
const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const ages = limits(fc.integer({ min: 18, max: 50 }), 'min', 'max');
const event = {
  system: optional(fc.constantFrom('s', 't')),
  codes,
  age: optional(ages),
  dated: optional(limits(day, 'from', 'to')),
};
const placed = {
  within: optional(limits(fc.integer({ min: -4, max: 4 }), 'from', 'to')),
  times: optional(limits(fc.integer({ min: 0, max: 3 }), 'min', 'max')),
};
const value = optional(
  fc
    .tuple(limits(fc.integer({ min: 1, max: 5 }), 'min', 'max'), optional(fc.constant('mg')))
    .map(([range, unit]) => ({ ...range, ...(unit && { unit }) })),
);
const eventRule = (shape: object) =>
  fc
    .tuple(kind, fc.record(shape as { codes: typeof codes }), value)
    .map(([name, query, number]) => ({ [name]: name === 'observation' ? { ...query, value: number } : query }));
const { rule } = fc.letrec<{ rule: unknown; rules: unknown[] }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 8, arbitrary: eventRule({ ...event, ...placed }) },
    {
      weight: 1,
      arbitrary: fc.tuple(ages, optional(fc.constant('entry'))).map(([range, at]) => ({ age: { ...range, at } })),
    },
    { weight: 1, arbitrary: fc.constantFrom({ sex: ['female'] }, { region: ['MA', '100'] }, { region: ['NY'] }) },
    { weight: 1, arbitrary: tie('rules').map((any) => ({ any })) },
    { weight: 1, arbitrary: tie('rules').map((none) => ({ none })) },
    { weight: 1, arbitrary: tie('rules').map((all) => ({ all })) },
    { weight: 1, arbitrary: tie('rules').map((of) => ({ atLeast: Math.ceil(of.length / 2), of })) },
  ),
  rules: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
}));
const criteria = fc
  .tuple(
    fc.constantFrom('first', 'last', 'any'),
    fc.array(eventRule(event), { minLength: 1, maxLength: 2 }),
    fc.array(rule, { maxLength: 3 }),
  )
  .map(([pick, events, all]) =>
    checkCriteria(JSON.parse(JSON.stringify({ version: 1, entry: { [pick]: events }, all }))),
  );

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: DAY } });
  cohorts = new CohortService(test.database, test.runtime, test.config);
  const [made] = fc.sample(fc.array(person, { minLength: PERSONS, maxLength: PERSONS, size: 'max' }), {
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
      fc.asyncProperty(criteria, async (asked) => {
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
