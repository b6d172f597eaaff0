import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fhirPathRuleCases } from './deid.fhir-path-rules';
import type { ConformanceCase } from './suite';

const DATA = join(__dirname, '../../../shared/data');
const present = existsSync(join(DATA, 'deid/ms-fhir'));

async function casesOf(dataDir: string): Promise<ConformanceCase[]> {
  const cases: ConformanceCase[] = [];
  for await (const one of fhirPathRuleCases(dataDir)) cases.push(one);
  return cases;
}

(present ? it : it.skip)('fhirPathRules give the known targets (skipped where ../shared/data is absent)', async () => {
  const cases = await casesOf(DATA);
  expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(120);
});

it('a folder without data runs no case and says so', async () => {
  expect(await casesOf(__dirname)).toEqual([
    { case: 'deid/ms-fhir', outcome: 'skipped', reason: 'the folder is not there' },
  ]);
});
