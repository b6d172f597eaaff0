import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableRisk, type TableRiskInput } from './table-risk';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'aceso-risk-'))));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const file = (content: string | Uint8Array): string => {
  const path = join(folder, `${(files += 1)}.csv`);
  writeFileSync(path, content);
  return path;
};
const measured = (content: string | Uint8Array, more: Partial<TableRiskInput> = {}) =>
  tableRisk({ table: file(content), delimiter: ';', quasiIdentifiers: ['sex', 'age'], ...more });

const TABLE = '\ufeffname;sex;age;stay\n"a;b";f;40;3\nb;f;40;12\nc;m;40;3\n';

describe('the risk of a file', () => {
  it('is measured on the named columns only', async () => {
    const { records, classes, uniques, diversity } = await measured(TABLE, { sensitive: 'stay' });
    expect({ records, classes, uniques }).toEqual({ records: 3, classes: 2, uniques: 1 });
    // 3 before 12, as they are numbers: {3, 12} against ⅔, ⅓; {3} against the same.
    expect(diversity).toMatchObject({ distinctL: 1 });
    expect(diversity?.tOrdered).toBeCloseTo(1 / 3, 12);
    expect((await measured(TABLE)).diversity).toBeNull();
  });

  it('has ordered distances for numbers only', async () => {
    expect((await measured('sex;age;stay\nf;40;long\nm;41;3\n', { sensitive: 'stay' })).diversity?.tOrdered).toBeNull();
  });

  it('is judged against a population', async () => {
    const populationTable = file('age;sex\n40;f\n40;f\n40;m\n40;m\n41;m\n');
    const { attackers, populationUniques } = await measured(TABLE, { populationTable, population: 5 });
    expect(attackers.journalist.highest).toBe(1 / 2);
    expect(populationUniques?.population).toBe(5);
  });

  it.each<[string, string | Uint8Array, Partial<TableRiskInput>, string]>([
    ['an unknown column', TABLE, { quasiIdentifiers: ['sex', 'zip'] }, 'TABLE_COLUMN_UNKNOWN'],
    ['an unknown sensitive column', TABLE, { sensitive: 'zip' }, 'TABLE_COLUMN_UNKNOWN'],
    ['another delimiter', 'sex;age\nf;40\n', { delimiter: ',' }, 'TABLE_COLUMN_UNKNOWN'],
    ['a delimiter of two characters', TABLE, { delimiter: ';;' }, 'TABLE_DELIMITER_INVALID'],
    ['a column named twice', TABLE, { quasiIdentifiers: ['sex', 'sex'] }, 'TABLE_COLUMN_TWICE'],
    ['a column that stands twice', 'sex;sex;age\nf;f;secret\n', {}, 'TABLE_COLUMN_TWICE'],
    ['an uneven row', 'sex;age\nf;40\nsecret;1;2\n', {}, 'TABLE_ROW_UNEVEN'],
    ['an open quotation mark', 'sex;age\nf;"secret\n', {}, 'TABLE_MALFORMED'],
    ['Latin-1', Buffer.from('sex;age\nf;secr\u00e9t\n', 'latin1'), {}, 'TABLE_NOT_UTF8'],
    ['half of a character at its end', Uint8Array.of(...Buffer.from('sex;age\nf;4'), 0xc3), {}, 'TABLE_NOT_UTF8'],
    ['a header alone', 'sex;age\n', {}, 'TABLE_EMPTY'],
    ['nothing', '', {}, 'TABLE_EMPTY'],
    ['a population smaller than itself', TABLE, { population: 2 }, 'POPULATION_INVALID'],
  ])('is refused for %s, without a word of its cells', async (_, content, more, code) => {
    const refusal: unknown = await measured(content, more).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code });
    expect(String(refusal)).not.toMatch(/secr/);
  });

  it('is refused for a file that is not there, and a population that lacks somebody', async () => {
    await expect(measured(TABLE, { table: join(folder, 'none.csv') })).rejects.toMatchObject({
      code: 'TABLE_FILE_MISSING',
    });
    const populationTable = file('sex;age\nf;40\n');
    await expect(measured(TABLE, { populationTable })).rejects.toMatchObject({ code: 'POPULATION_TABLE_INCOMPLETE' });
  });
});
