import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { registerAnonymize } from './anonymize';

let folder: string;
let out: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aceso-anonymize-'));
  out = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await writeFile(join(folder, 't.csv'), 'age;sex;illness\n21;f;flu\n22;f;cold\n34;m;flu\n35;m;cold\n36;m;flu\n');
  await writeFile(join(folder, 't_hierarchy_sex.csv'), 'f;*\nm;*\n');
  await writeFile(join(folder, 't_hierarchy_illness.csv'), 'flu;*\ncold;*\n');
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const QI = ['--qi', 'sex,age', '--built-in', 'age=age', '--hierarchies'];

async function run(...options: string[]): Promise<Record<string, unknown>> {
  const program = new Command();
  registerAnonymize(program);
  const input = ['--table', join(folder, 't.csv'), '--delimiter', ';', ...QI, folder, '--json'];
  await program.parseAsync(['node', 'aceso', 'anonymize', ...input, ...options]);
  expect(out).toHaveLength(1);
  return JSON.parse(out[0]!) as Record<string, unknown>;
}

it('prints one line with the optimum and writes the release', async () => {
  const file = join(folder, 'out.csv');
  const result = await run('--k', '2', '--suppression', '0.2', '--out', file);
  expect(result).toEqual({
    // every age of a band of ten years has 10 of 131 leaves: ((50 − 5) / 131) / (5 − 5/131) / 2 columns
    levels: [0, 2],
    score: 0.0346153846,
    suppressed: 0,
    classes: 2,
    nodesChecked: expect.any(Number) as number,
    optimalProven: true,
    seconds: expect.any(Number) as number,
    cpuSeconds: expect.any(Number) as number,
  });
  expect(await readFile(file, 'utf8')).toBe('sex;age\nf;20-29\nf;20-29\nm;30-39\nm;30-39\nm;30-39\n');
});

it('takes all models at once, a population, a metric, weights and a time limit', async () => {
  await writeFile(join(folder, 'p.csv'), 'sex;age\nf;21\nf;22\nm;34\nm;35\nm;36\nm;38\n');
  const models = [
    '--l-distinct',
    '2',
    '--l-entropy',
    '1.5',
    '--l-recursive',
    '4,2',
    '--t-equal',
    '0.5',
    '--t-ordered',
    '0.5',
  ];
  const more = ['--t-hierarchical', '0.5', '--k-map', '2', '--population-table', join(folder, 'p.csv')];
  const how = ['--metric', 'precision', '--weights', 'age=2', '--time-limit', '30', '--sensitive', 'illness'];
  expect(await run('--k', '2', ...models, ...more, ...how)).toMatchObject({
    levels: [0, 2],
    suppressed: 0,
    classes: 2,
  });
});

it.each<[string, string[], string]>([
  ['no model', [], 'ANONYMITY_MODEL_INVALID'],
  ['k that is no number', ['--k', 'five'], 'ANONYMITY_OPTION_INVALID'],
  ['a huge k', ['--k', '1e400'], 'ANONYMITY_OPTION_INVALID'],
  ['k above the table', ['--k', '6'], 'CLASS_SIZE_ABOVE_TABLE'],
  ['c without l', ['--l-recursive', '4', '--sensitive', 'illness'], 'ANONYMITY_MODEL_INVALID'],
  ['l without a sensitive column', ['--l-distinct', '2'], 'SENSITIVE_COLUMN_MISSING'],
  ['an unknown metric', ['--k', '2', '--metric', 'beauty'], 'ANONYMITY_OPTION_INVALID'],
  ['weights of another column', ['--k', '2', '--weights', 'zip=2'], 'ANONYMITY_OPTION_INVALID'],
  ['weights without a value', ['--k', '2', '--weights', 'age'], 'ANONYMITY_OPTION_INVALID'],
  ['an empty share', ['--k', '2', '--suppression', ''], 'ANONYMITY_OPTION_INVALID'],
  ['an unknown column', ['--k', '2', '--sensitive', 'zip'], 'TABLE_COLUMN_UNKNOWN'],
])('refuses %s and writes nothing', async (_, options, code) => {
  const file = join(folder, 'out.csv');
  await expect(run(...options, '--out', file)).rejects.toMatchObject({ code });
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(out).toEqual([]);
});
