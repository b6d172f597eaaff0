import { consentSuite } from './consent.suite';
import type { ConformanceCase } from './suite';

it('a FHIR Consent is read as exactly what it says, or refused where it says what rules cannot', async () => {
  const cases: ConformanceCase[] = [];
  for await (const one of consentSuite.run('')) cases.push(one);
  expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(40);
});
