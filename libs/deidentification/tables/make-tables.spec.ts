import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { parseView, shippedView } from '../domain';
import { makeTables } from './make-tables';
import type { TableFormat } from './table-writer';

const VIEW = {
  name: 'measures',
  resource: 'Observation',
  select: [
    {
      column: [
        { name: 'id', path: 'getResourceKey()', type: 'string' },
        { name: 'value', path: 'value.ofType(Quantity).value', type: 'decimal' },
        { name: 'final', path: "status = 'final'", type: 'boolean' },
        { name: 'parts', path: 'component.count()', type: 'integer' },
        { name: 'day', path: 'effective.ofType(dateTime)', tag: [{ name: 'ansi/type', value: 'DATE' }] },
        { name: 'codes', path: 'code.coding.code', type: 'code', collection: true },
        { name: 'large', path: 'large', type: 'integer64' },
        { name: 'note', path: 'note', type: 'string' },
      ],
    },
  ],
};
const observation = (id: string, more: object) => ({ resourceType: 'Observation', id, status: 'final', ...more });
const ROWS = [
  observation('o1', {
    valueQuantity: { value: -1.5 },
    effectiveDateTime: '1969-12-31',
    code: { coding: [{ code: 'a' }, { code: 'b' }] },
    component: [{}, {}],
    large: 2 ** 40,
    note: '=SUM(A1)',
  }),
  observation('o2', { status: 'amended', note: 'a "b", c\n' }),
  observation('o3', { note: '', effectiveDateTime: '2020-02-29' }),
];
/** More than the memory of a table of this view while rows are added to it. */
const LONG_TEXT = 30_000_000;
const lines = (resources: readonly object[]) => `${resources.map((one) => JSON.stringify(one)).join('\n')}\n`;

describe('makeTables', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "aceso 'tables "));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const file = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const run = (files: readonly string[], format: TableFormat, views: readonly object[] = [VIEW], out = 'out') =>
    makeTables({ views: views.map(parseView), files, outFolder: join(folder, out), format });
  const output = (name: string, out = 'out') => readFile(join(folder, out, name));
  const query = async (sql: string) => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
    connection.closeSync();
    instance.closeSync();
    return rows;
  };
  const parquet = (name: string) => `'${join(folder, 'out', name).replaceAll("'", "''")}'`;

  it('reads what opens a stream, and counts the cells that hold something', async () => {
    const open = async () => Readable.from([Buffer.from(lines(ROWS))]);
    const options = { views: [parseView(VIEW)], outFolder: join(folder, 'out'), format: 'parquet' } as const;
    const report = await makeTables({ ...options, files: [{ name: 'rows', open }] });
    expect(report.tables[0]!.columns.map(({ filled }) => filled)).toEqual([3, 1, 3, 3, 2, 3, 1, 3]);
    const bad = { name: 'rows', open: async () => Readable.from([Buffer.from('{"resourceType":')]) };
    await expect(makeTables({ ...options, files: [bad] })).rejects.toThrow('rows, line 1');
  });

  it('writes Parquet with the types of the columns', async () => {
    const report = await run([await file('in.ndjson', lines(ROWS))], 'parquet');
    expect(report).toMatchObject({ lines: 3, resources: 3, unused: 0, tables: [{ name: 'measures', rows: 3 }] });
    const types = await query(
      `select column_name, column_type from (describe select * from ${parquet('measures.parquet')})`,
    );
    expect(types.map(({ column_type }) => column_type)).toEqual(
      'VARCHAR DOUBLE BOOLEAN INTEGER DATE VARCHAR[] BIGINT VARCHAR'.split(' '),
    );
    expect(await query(`select * from ${parquet('measures.parquet')}`)).toEqual([
      {
        id: 'o1',
        value: -1.5,
        final: true,
        parts: 2,
        day: '1969-12-31',
        codes: ['a', 'b'],
        large: String(2 ** 40),
        note: '=SUM(A1)',
      },
      { id: 'o2', value: null, final: false, parts: 0, day: null, codes: [], large: null, note: 'a "b", c\n' },
      { id: 'o3', value: null, final: true, parts: 0, day: '2020-02-29', codes: [], large: null, note: '' },
    ]);
  });

  it('writes CSV that no spreadsheet runs, with numbers as numbers', async () => {
    await run([await file('in.ndjson', lines(ROWS))], 'csv');
    expect((await output('measures.csv')).toString()).toBe(
      [
        'id,value,final,parts,day,codes,large,note',
        `o1,-1.5,true,2,1969-12-31,"[""a"",""b""]",${2 ** 40},'=SUM(A1)`,
        'o2,,false,0,,[],,"a ""b"", c\n"',
        'o3,,true,0,2020-02-29,[],,""',
        '',
      ].join('\r\n'),
    );
  });

  it('writes NDJSON with every column', async () => {
    await run([await file('in.ndjson', lines(ROWS))], 'ndjson');
    const rows = (await output('measures.ndjson')).toString().trimEnd().split('\n');
    expect(rows.map((line) => JSON.parse(line) as unknown)[1]).toEqual({
      ...{ id: 'o2', value: null, final: false, parts: 0, day: null, codes: [], large: null, note: 'a "b", c\n' },
    });
  });

  it('gives the same bytes for the same rows, also from gzip and Bundles, and beyond one chunk', async () => {
    const many = Array.from({ length: 5_000 }, (_, at) => observation(`o${at}`, { valueQuantity: { value: at } }));
    const bundle = JSON.stringify({ resourceType: 'Bundle', entry: many.map((resource) => ({ resource })) });
    const plain = await file('a.ndjson', lines(many));
    const packed = await file('b.ndjson.gz', gzipSync(`\n${bundle}\n`));
    for (const format of ['parquet', 'csv', 'ndjson'] as const) {
      const [one] = (await run([plain], format)).tables;
      const [two] = (await run([packed], format, [VIEW], 'again')).tables;
      expect(two).toEqual(one);
      expect(one).toMatchObject({ rows: 5_000, bytes: (await output(one!.file)).length });
    }
    expect(await query(`select count(*)::int as n, sum(value) as total from ${parquet('measures.parquet')}`)).toEqual([
      { n: 5_000, total: (5_000 * 4_999) / 2 },
    ]);
  });

  it('keeps every cell, and what is not there, over many chunks of rows', async () => {
    const resources = Array.from({ length: 5_000 }, (_, at) =>
      observation(`o${at}`, {
        ...(at % 3 === 0 && { valueQuantity: { value: at / 4 } }),
        ...(at % 5 !== 0 && { effectiveDateTime: `20${10 + (at % 80)}-02-28` }),
        ...(at > 4_200 && { large: 2 ** 40 + at }),
        ...(at % 7 < 2 && { note: `note "${at}" é`, code: { coding: [{ code: `a${at}` }, { code: 'b' }] } }),
        component: Array.from({ length: at % 4 }, () => ({})),
        status: at % 2 === 0 ? 'final' : 'amended',
      }),
    );
    const input = await file('in.ndjson', lines(resources));
    await run([input], 'parquet');
    await run([input], 'ndjson');
    const written = (await output('measures.ndjson')).toString().trimEnd().split('\n');
    const rows = await query(`select * from ${parquet('measures.parquet')}`);
    const expected = written.map((line) => JSON.parse(line) as { large: number | null });
    expect(rows).toEqual(expected.map((row) => ({ ...row, large: row.large === null ? null : String(row.large) })));
  });

  it('makes many tables in one pass, and says what no view asked for', async () => {
    const resources = [
      ...ROWS,
      { resourceType: 'Patient', id: 'p', ageBand: '40-44' },
      { resourceType: 'Goal', id: 'g' },
    ];
    const views = [shippedView('person'), shippedView('observation'), parseView(VIEW)];
    const report = await makeTables({
      views,
      files: [await file('in.ndjson', lines(resources))],
      outFolder: join(folder, 'out'),
      format: 'csv',
    });
    expect(report.tables.map(({ file: name, rows }) => [name, rows])).toEqual([
      ['person.csv', 1],
      ['observation.csv', 5],
      ['measures.csv', 3],
    ]);
    expect(report.unused).toBe(1);
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['measures.csv', 'observation.csv', 'person.csv']);
  });

  it('loads the library for the paths that need it, and says which', async () => {
    const select = [
      {
        forEach: 'component',
        column: [{ name: 'above', path: 'value.ofType(Quantity).value > 1', type: 'boolean' }],
        select: [{ forEach: 'code.coding', column: [{ name: 'upper', path: 'code.upper()', type: 'string' }] }],
      },
    ];
    const component = [{ valueQuantity: { value: 2 }, code: { coding: [{ code: 'abc' }] } }];
    const input = await file('in.ndjson', lines([observation('o', { component })]));
    const report = await run([input], 'csv', [{ name: 'slow', resource: 'Observation', select }]);
    expect(report.tables[0]!.libraryPaths).toEqual(['select[0].column[0].path', 'select[0].select[0].column[0].path']);
    expect((await output('slow.csv')).toString()).toBe('above,upper\r\ntrue,ABC\r\n');
  });

  it.each([
    ['a line that is no JSON', '{"resourceType":"Observation","id":"secret"', 'TABLE_LINE_INVALID', 'line 4'],
    ['a line that is no object', '[1]', 'TABLE_LINE_INVALID', 'line 4'],
    ['text that is not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'TABLE_LINE_INVALID', 'line 4'],
    [
      'a value that does not fit',
      JSON.stringify(observation('secret', { large: 0.5 })),
      'VIEW_VALUE_UNFIT',
      'line 4: select[0].column[6].path',
    ],
  ])('refuses %s with its line and leaves what was there', async (_, last, code, place) => {
    await mkdir(join(folder, 'out'));
    await writeFile(join(folder, 'out', 'measures.csv'), 'earlier');
    const input = await file('in.ndjson', Buffer.concat([Buffer.from(lines(ROWS)), Buffer.from(last)]));
    for (const format of ['parquet', 'csv', 'ndjson'] as const) {
      const refusal = expect.objectContaining({
        code,
        message: expect.stringMatching(new RegExp(`${place.replace(/[[\]]/g, '\\$&')}(?!.*secret)`)) as string,
      }) as Error;
      await expect(run([input], format)).rejects.toEqual(refusal);
    }
    expect(await readdir(join(folder, 'out'))).toEqual(['measures.csv']);
    expect((await output('measures.csv')).toString()).toBe('earlier');
  });

  it.each([
    ['an empty file', ''],
    ['blank lines', '\n \n'],
    ['a Bundle of nothing', '{"resourceType":"Bundle"}'],
  ])('refuses %s: a table of nothing would look like a finding', async (_, content) => {
    const input = await file('in.ndjson', content);
    await expect(run([input], 'parquet')).rejects.toMatchObject({ code: 'TABLE_EMPTY' });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('gives an empty table where other resources are', async () => {
    const input = await file('in.ndjson', lines([{ resourceType: 'Patient', id: 'p' }]));
    expect((await run([input], 'parquet')).tables).toMatchObject([{ rows: 0 }]);
  });

  it('makes Parquet of as many columns as a view may have', async () => {
    const column = Array.from({ length: 500 }, (_, at) => ({ name: `c${at}`, path: 'note', type: 'string' }));
    const input = await file(
      'in.ndjson',
      lines(Array.from({ length: 2_100 }, (_, at) => observation(`o${at}`, { note: `note ${at}` }))),
    );
    const report = await run([input], 'parquet', [{ name: 'wide', resource: 'Observation', select: [{ column }] }]);
    expect(report.tables).toMatchObject([{ rows: 2_100 }]);
  });

  it('makes Parquet of long texts behind many short ones', async () => {
    const note = (at: number) => `${at}`.padEnd(at < 20_000 ? 5 : 10_000, 'x');
    const rows = Array.from({ length: 22_500 }, (_, at) => observation(`o${at}`, { note: note(at) }));
    const input = await file('in.ndjson', lines(rows));
    expect((await run([input], 'parquet')).tables).toMatchObject([{ rows: 22_500 }]);
  });

  it('refuses Parquet of texts for which it has no memory, and takes away the folders that it made', async () => {
    const long = lines([observation('o1', { note: 'x'.repeat(LONG_TEXT) })]);
    const refused = run([await file('in.ndjson', long)], 'parquet');
    await expect(refused).rejects.toMatchObject({
      code: 'TABLE_TOO_LARGE',
      message: expect.stringContaining('write it as csv or ndjson') as string,
    });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('refuses files that are not there and views of one name before it begins', async () => {
    await expect(run([join(folder, 'none')], 'csv')).rejects.toMatchObject({ code: 'TABLE_INPUT_MISSING' });
    const input = await file('in.ndjson', lines(ROWS));
    await expect(run([input], 'csv', [VIEW, { ...VIEW, name: 'MEASURES' }])).rejects.toMatchObject({
      code: 'TABLE_NAME_TAKEN',
    });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});
