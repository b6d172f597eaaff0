import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerSuite } from './ledger.suite';
import type { ConformanceCase } from './suite';

const DATA = join(__dirname, '../../../shared/data');
const present = existsSync(join(DATA, 'ledger-vectors'));

async function casesOf(dataDir: string): Promise<ConformanceCase[]> {
  const cases: ConformanceCase[] = [];
  for await (const one of ledgerSuite.run(dataDir)) cases.push(one);
  return cases;
}

(present ? it : it.skip)('the ledger agrees with the vectors (skipped where ../shared/data is not there)', async () => {
  const cases = await casesOf(DATA);
  expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(300);
});

it('a folder without vectors runs no case and says so', async () => {
  expect(await casesOf(__dirname)).toEqual([
    { case: 'ledger-vectors', outcome: 'skipped', reason: 'the folder is not there' },
  ]);
});
