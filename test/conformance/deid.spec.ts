import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deidSuite } from './deid.suite';
import type { ConformanceCase } from './suite';

async function casesOf(dataDir: string): Promise<ConformanceCase[]> {
  const cases: ConformanceCase[] = [];
  for await (const one of deidSuite.run(dataDir)) cases.push(one);
  return cases;
}

const DATA = join(__dirname, '../../../shared/data');
const present = existsSync(join(DATA, 'deid/adult'));

/** All of them are `npm run conformance -- deid`; here the first few, which hold the optima with 9 quasi-identifiers. */
const CASES = 12;

(present ? it : it.skip)("finds ARX's optima (skipped where ../shared/data is not there)", async () => {
  const cases: ConformanceCase[] = [];
  for await (const one of deidSuite.run(DATA)) if (cases.push(one) === CASES) break;
  expect(cases.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(cases.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(CASES / 2);
});

it('a folder without data runs no case and says so', async () => {
  const cases = await casesOf(__dirname);
  expect(cases.map(({ outcome }) => outcome)).not.toContain('failed');
  expect(cases).toContainEqual({ case: 'deid/adult', outcome: 'skipped', reason: 'the folder is not there' });
});

it('reads the configurations of another folder, and fails where it says something else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'aceso-deid-'));
  const folder = join(root, 'deid/adult');
  await mkdir(folder, { recursive: true });
  const entry = {
    id: 'small',
    metric: 'loss-mean',
    suppressionLimit: 0,
    privacy: '2-anonymity',
    qis: ['age'],
    sensitive: null,
    optimum: { levels: { age: 1 }, score: '1.0', suppressedRecords: 0, classes: 1 },
  };
  const wrong = { ...entry, id: 'wrong', optimum: { ...entry.optimum, score: '0.9' } };
  const foreign = { ...entry, id: 'foreign', privacy: '0.1-likeness' };
  await writeFile(join(folder, 'oracle-adult.json'), JSON.stringify({ results: [entry, wrong, foreign] }));
  await writeFile(join(folder, 'adult.csv'), 'age;other\n1;x\n2;y\n');
  await writeFile(join(folder, 'adult_hierarchy_age.csv'), '1;*\n2;*\n');
  try {
    const outcomes = (await casesOf(root)).filter((one) => one.case !== 'deid/ms-fhir');
    expect(outcomes.map((one) => `${one.case} ${one.outcome}`)).toEqual([
      'small: optimum passed',
      'small: node 1 passed',
      'wrong: optimum failed',
      'wrong: node 1 failed',
      'foreign skipped',
    ]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
