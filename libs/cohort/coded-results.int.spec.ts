import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { FactMerge } from '@aceso/register';
import { CohortService } from './cohort.service';
import { checkCriteria } from './domain';
import { indexPersonId, insertIndexPerson, insertIndexRules, type IndexFact } from './testing';

const SNOMED = 'http://snomed.info/sct';
const SMOKING = { kind: 'observation' as const, code: '72166-2', system: 'http://loinc.org', start: '2018-01-01' };
const NEVER = { ...SMOKING, resultSystem: SNOMED, result: '266919005' };
const FORMER = { ...SMOKING, resultSystem: SNOMED, result: '8517006' };
const RATE = { kind: 'observation' as const, code: '8867-4', start: '2018-01-01', value: 120, unit: '/min' };
const TROPONIN = { kind: 'observation' as const, code: '10839-9', start: '2018-01-01', value: 5, unit: 'ng/mL' };
const FACTS: readonly (readonly IndexFact[])[] = [
  [NEVER],
  [{ ...NEVER, start: '2010-01-01' }, FORMER],
  [SMOKING],
  [{ ...RATE, device: true }],
  [RATE],
  [{ ...TROPONIN, comparator: '<' }],
  [TROPONIN],
  [{ ...SMOKING, resultSystem: SNOMED, result: '5602001' }],
];

let test: TestDatabase;
let cohorts: CohortService;

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  cohorts = new CohortService(test.database, test.runtime, test.config);
  for (const [at, facts] of FACTS.entries()) await insertIndexPerson(test.ownerQuery, { n: at + 1, facts });
}, 60_000);
afterAll(() => test.close());

const found = async (observation: object): Promise<number[]> => {
  const ids = await cohorts.find(checkCriteria({ version: 1, all: [{ observation }] }));
  return FACTS.flatMap((_, at) => (ids.includes(indexPersonId(at + 1)) ? [at + 1] : []));
};

describe.each(['rows', 'blocks'])('an observation in %s', (where) => {
  beforeAll(async () => {
    if (where === 'rows') return;
    for await (const merged of new FactMerge(test.database).mergeAll()) expect(merged.persons).toBe(FACTS.length);
    expect(await test.ownerQuery('select from facts.fact')).toEqual([]);
  });
  afterEach(() => test.ownerQuery('delete from consent.permission_rule'));

  it.each<[string, object, number[]]>([
    ['at all', { codes: ['72166-2'] }, [1, 2, 3, 8]],
    ['by its result', { codes: ['72166-2'], result: { codes: ['266919005'] } }, [1, 2]],
    [
      'by one of its results',
      { codes: ['72166-2'], result: { codes: ['8517006', '5602001'], system: SNOMED } },
      [2, 8],
    ],
    ['by a result of another system', { codes: ['72166-2'], result: { codes: ['8517006'], system: 's' } }, []],
    [
      'by a result and its day',
      { codes: ['72166-2'], result: { codes: ['266919005'] }, dated: { from: '2018-01-01' } },
      [1],
    ],
    ['by a device', { codes: ['8867-4'], device: true }, [4]],
    ['by a number of any', { codes: ['8867-4'], value: { above: 100 } }, [4, 5]],
    ['by a bound that is within', { codes: ['10839-9'], value: { max: 5, unit: 'ng/mL' } }, [6, 7]],
    ['by a bound in another unit', { codes: ['10839-9'], value: { below: 5, unit: 'ug/L' } }, [6]],
    ['by a number that a bound may not be', { codes: ['10839-9'], value: { min: 1, max: 9 } }, [7]],
  ])('is found %s', async (_, query, expected) => {
    expect(await found(query)).toEqual(expected);
  });

  it('of a stream is kept back with the day on which the stream began, of anything else with its own', async () => {
    const rule = { subject: 'research', level: 'none', days: '[2010-01-01,2010-12-31]' };
    const found8867 = () => found({ codes: ['8867-4'] });
    await insertIndexRules(test.ownerQuery, 5, [rule]);
    expect(await found8867()).toEqual([4, 5]);
    await insertIndexRules(test.ownerQuery, 4, [rule]);
    expect(await found8867()).toEqual([5]);
    await test.ownerQuery('delete from consent.permission_rule where person_id = $1', [indexPersonId(5)]);
    await insertIndexRules(test.ownerQuery, 5, [{ ...rule, days: '[2018-01-01,2018-01-01]' }]);
    expect(await found8867()).toEqual([]);
    await insertIndexRules(test.ownerQuery, 1, [rule]);
    expect(await found({ codes: ['72166-2'] })).toEqual([1, 2, 3, 8]);
  });

  it('is not found by what its person keeps back, result or label of a result', async () => {
    const rule = { subject: 'research', level: 'none' };
    await insertIndexRules(test.ownerQuery, 2, [{ ...rule, codes: [`${SNOMED}|8517006`] }]);
    expect(await found({ codes: ['72166-2'] })).toEqual([1, 2, 3, 8]);
    expect(await found({ codes: ['72166-2'], result: { codes: ['8517006'] } })).toEqual([]);
    expect(await found({ codes: ['72166-2'], result: { codes: ['266919005'] } })).toEqual([1, 2]);
    await insertIndexRules(test.ownerQuery, 8, [{ ...rule, labels: ['SUD'] }]);
    expect(await found({ codes: ['72166-2'] })).toEqual([1, 2, 3]);
  });
});
