import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sqlOnFhirSuite } from './sql-on-fhir.suite';
import type { ConformanceCase } from './suite';

const DATA = join(__dirname, '../../../shared/data');
const present = existsSync(join(DATA, 'sql-on-fhir-v2-tests'));

async function casesOf(dataDir: string): Promise<ConformanceCase[]> {
  const cases: ConformanceCase[] = [];
  for await (const one of sqlOnFhirSuite.run(dataDir)) cases.push(one);
  return cases;
}

(present ? it : it.skip)(
  'views agree with the tests of SQL on FHIR (skipped where ../shared/data is not there)',
  async () => {
    const cases = await casesOf(DATA);
    expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(80);
  },
);

it('a folder without tests runs no case and says so', async () => {
  expect(await casesOf(__dirname)).toEqual([
    { case: 'sql-on-fhir-v2-tests', outcome: 'skipped', reason: 'the folder is not there' },
  ]);
});
