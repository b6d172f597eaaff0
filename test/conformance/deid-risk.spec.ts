import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { riskCases } from './deid.risk';
import type { ConformanceCase } from './suite';

const DATA = join(__dirname, '../../../shared/data');
const present = existsSync(join(DATA, 'deid/adult'));

async function casesOf(dataDir: string): Promise<ConformanceCase[]> {
  const cases: ConformanceCase[] = [];
  for await (const one of riskCases(dataDir)) cases.push(one);
  return cases;
}

(present ? it : it.skip)(
  'risk on adult is that of the oracle (skipped where ../shared/data is not there)',
  async () => {
    const cases = await casesOf(DATA);
    expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(15);
  },
  60_000,
);

it('a folder without adult runs no case and says so', async () => {
  expect(await casesOf(__dirname)).toEqual([
    { case: 'deid/adult risk', outcome: 'skipped', reason: 'adult.csv and oracle-adult.json are not there' },
  ]);
});
