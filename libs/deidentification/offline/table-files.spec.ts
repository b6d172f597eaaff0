import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anonymise, releasedRecords } from '../domain';
import { writeRelease } from './release-file';
import { readTable, type TableFiles } from './table-files';

const SECRET = 'Quackenbush';
const TABLE = 'age;sex;illness\n21;f;flu\n21;f;"a;b"\n34;m;flu\n34;m;=1+1\n';
const AGES = '21;20s;*\r\n34;30s;*\r\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aceso-table-'));
  await write('t.csv', TABLE);
  await write('t_hierarchy_age.csv', AGES);
  await write('t_hierarchy_sex.csv', 'f;*\nm;*\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string, text: string | Uint8Array) => writeFile(join(folder, name), text);
const files = (changed: Partial<TableFiles> = {}): TableFiles => ({
  table: join(folder, 't.csv'),
  delimiter: ';',
  hierarchies: folder,
  quasiIdentifiers: ['age', 'sex'],
  ...changed,
});

it('reads distinct combinations, a byte order mark and quotes included', async () => {
  await write('t.csv', `\uFEFF${TABLE}`);
  const { encoded } = await readTable(files({ sensitive: 'illness' }));
  expect(encoded).toMatchObject({ records: 4, sensitiveValues: ['flu', 'a;b', '=1+1'] });
  expect(encoded.finest.classes).toBe(2);
});

it('takes no record from blank lines at the end, and refuses one in the midst', async () => {
  await write('t.csv', `${TABLE}\n\n`);
  expect((await readTable(files())).encoded.records).toBe(4);
  await write('t.csv', 'age;sex\n21;f\n\n21;f\n');
  await expect(readTable(files())).rejects.toMatchObject({ code: 'TABLE_ROW_UNEVEN' });
});

it('makes hierarchies from the values of table and population', async () => {
  await write('p.csv', `zip;born;age;diagnosis;weight\n98052;2000-01-01;21;E11;7\n98053;2000-02-01;22;E10;8\n`);
  await write('t.csv', `weight;diagnosis;age;born;zip\n7;E11;21;2000-01-01;98052\n`);
  await write('parents.csv', 'E11;E\nE10;E\n');
  const builtIn = new Map([
    ['zip', 'zip'],
    ['born', 'date'],
    ['age', 'age'],
    ['weight', 'number:5:2'],
    ['diagnosis', `parents:${join(folder, 'parents.csv')}`],
  ]);
  const quasiIdentifiers = [...builtIn.keys()];
  const { encoded } = await readTable(files({ quasiIdentifiers, builtIn, populationTable: join(folder, 'p.csv') }));
  expect(encoded).toMatchObject({ records: 1, populationRecords: 2 });
  expect(encoded.hierarchies.map(({ leaves, levels }) => [leaves, levels.length])).toEqual([
    [2, 7],
    [2, 5],
    [131, 6],
    [2, 4],
    [2, 3],
  ]);
  const prefix = await readTable(
    files({ quasiIdentifiers: ['diagnosis'], builtIn: new Map([['diagnosis', 'prefix:2,1']]) }),
  );
  expect(prefix.encoded.hierarchies[0]!.levels).toHaveLength(4);
});

it.each<[string, () => Promise<unknown>, Partial<TableFiles>, string]>([
  ['a missing file', () => rm(join(folder, 't.csv')), {}, 'TABLE_FILE_MISSING'],
  ['an empty file', () => write('t.csv', ''), {}, 'TABLE_EMPTY'],
  ['a header alone', () => write('t.csv', 'age;sex\n'), {}, 'TABLE_EMPTY'],
  [
    'bytes that are no UTF-8',
    () => write('t.csv', Buffer.from(`age;sex\n${SECRET}\xe9;f\n`, 'latin1')),
    {},
    'TABLE_NOT_UTF8',
  ],
  [
    'a cut character at the end',
    () => write('t.csv', Buffer.from([...Buffer.from('age;sex\n21;'), 0xc3])),
    {},
    'TABLE_NOT_UTF8',
  ],
  ['an open quotation mark', () => write('t.csv', `age;sex\n"${SECRET};f\n`), {}, 'TABLE_MALFORMED'],
  ['an uneven record', () => write('t.csv', `age;sex\n21;f;${SECRET}\n`), {}, 'TABLE_ROW_UNEVEN'],
  ['a column twice in the header', () => write('t.csv', 'age;sex;age\n21;f;21\n'), {}, 'TABLE_COLUMN_TWICE'],
  [
    'a column that is not there',
    async () => undefined,
    { quasiIdentifiers: ['age', 'zip'], builtIn: new Map([['zip', 'zip']]) },
    'TABLE_COLUMN_UNKNOWN',
  ],
  ['a column named twice', async () => undefined, { sensitive: 'age' }, 'TABLE_COLUMN_TWICE'],
  ['another delimiter', async () => undefined, { delimiter: ',' }, 'TABLE_MALFORMED'],
  ['two characters as delimiter', async () => undefined, { delimiter: ';;' }, 'TABLE_DELIMITER_INVALID'],
  ['a quotation mark as delimiter', async () => undefined, { delimiter: '"' }, 'TABLE_DELIMITER_INVALID'],
  ['a value that no hierarchy knows', () => write('t.csv', `age;sex\n${SECRET};f\n`), {}, 'HIERARCHY_VALUE_MISSING'],
  [
    'a hierarchy with uneven levels',
    () => write('t_hierarchy_age.csv', `21;20s;*\n${SECRET};*\n`),
    {},
    'HIERARCHY_UNEVEN',
  ],
  ['no hierarchy file', () => rm(join(folder, 't_hierarchy_age.csv')), {}, 'HIERARCHY_FILE_MISSING'],
  ['two hierarchy files', () => write('u_hierarchy_age.csv', AGES), {}, 'HIERARCHY_FILE_MISSING'],
  ['an empty hierarchy file', () => write('t_hierarchy_age.csv', ''), {}, 'HIERARCHY_EMPTY'],
  [
    'an unknown built-in hierarchy',
    async () => undefined,
    { builtIn: new Map([['sex', 'guess']]) },
    'HIERARCHY_OPTION_INVALID',
  ],
  [
    'letters as prefix lengths',
    async () => undefined,
    { builtIn: new Map([['sex', 'prefix:x']]) },
    'HIERARCHY_OPTION_INVALID',
  ],
  [
    'text in a column of numbers',
    async () => undefined,
    { builtIn: new Map([['sex', 'number:5']]) },
    'HIERARCHY_VALUE_INVALID',
  ],
])('refuses %s, and quotes no cell', async (_, prepare, changed, code) => {
  await prepare();
  const refusal = await readTable(files(changed)).then(
    () => undefined,
    (error: { code?: string; message: string }) => error,
  );
  expect(refusal?.code).toBe(code);
  expect(refusal?.message).not.toContain(SECRET);
});

describe('the release', () => {
  const models = [{ kind: 'k-anonymity', k: 2 } as const];

  it('is a CSV of the named columns whose cells are no formulas', async () => {
    const { encoded } = await readTable(files({ sensitive: 'illness' }));
    const { levels } = anonymise(encoded, { models, suppression: 0, metric: 'loss', now: () => 0 });
    const out = join(folder, 'out.csv');
    const records = releasedRecords(encoded, levels, { models });
    await writeRelease(out, { header: ['age', 'sex', 'illness'], delimiter: ';', records });
    expect(await readFile(out, 'utf8')).toBe('age;sex;illness\n21;f;"a;b"\n21;f;flu\n34;m;\'=1+1\n34;m;flu\n');
  });

  it('leaves numbers alone, doubles quotation marks, and writes many rows', async () => {
    const out = join(folder, 'out.csv');
    const records = [
      { values: ['-5', 'say "x"'], records: 1 },
      { values: ['-x', '@y'], records: 2_500 },
    ];
    await writeRelease(out, { header: ['a', 'b'], delimiter: ',', records });
    const lines = (await readFile(out, 'utf8')).split('\n');
    expect(lines.slice(0, 3)).toEqual(['a,b', '-5,"say ""x"""', "'-x,'@y"]);
    expect(lines).toHaveLength(2_503);
  });

  it('leaves nothing behind when it breaks, and the earlier file as it was', async () => {
    const out = join(folder, 'out.csv');
    await writeFile(out, 'before');
    const records = (function* () {
      yield { values: ['1'], records: 5_000 };
      throw new Error('broken');
    })();
    await expect(writeRelease(out, { header: ['a'], delimiter: ',', records })).rejects.toThrow('broken');
    expect(await readFile(out, 'utf8')).toBe('before');
    await expect(
      writeRelease(join(folder, 'nowhere', 'out.csv'), { header: ['a'], delimiter: ',', records: [] }),
    ).rejects.toMatchObject({ code: 'RELEASE_NOT_WRITABLE' });
    expect((await readdir(folder)).filter((name) => name.startsWith('out'))).toEqual(['out.csv']);
  });
});
