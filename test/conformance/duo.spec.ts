import { DUOS_CASES } from './duo.cases';
import { duoSuite } from './duo.suite';
import type { ConformanceCase } from './suite';

/** `npm run conformance -- duo` prints the same cases. */
it('gives all 33 published results, and says where ours is stricter', async () => {
  expect(DUOS_CASES.map(({ number }) => number)).toEqual(Array.from({ length: 33 }, (_, at) => at + 1));
  const cases: ConformanceCase[] = [];
  for await (const each of duoSuite.run('')) cases.push(each);
  expect(cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(cases).toHaveLength(2 * 33 + 2 * 3 + 1);
  const stricter = cases.filter(({ note }) => note !== undefined);
  expect(stricter.map((each) => each.case)).toEqual([
    'strict 14: methods for a disease',
    'ours: general research for a disease',
    'ours: general research for ancestry',
    'ours: methods for health, data set without development of methods',
  ]);
});
