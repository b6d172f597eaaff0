import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { FhirResource } from '@aceso/fhir';
import { FolderBlobStore } from '@aceso/platform';
import { COUNTS_SQL, exampleSql } from './domain/descriptors';
import { releasedPackage, type ReleasedPackage } from './testing/released-package';
import { samplePerson } from './testing/sample-person';

interface Resource {
  readonly name: string;
  readonly path: string;
  readonly hash: string;
  readonly type?: string;
  readonly schema: {
    readonly primaryKey?: readonly string[];
    readonly foreignKeys?: { fields: string[]; reference: { resource: string; fields: string[] } }[];
  };
}
interface Named {
  readonly '@id': string;
}
interface Croissant {
  readonly distribution: (Named & { readonly contentUrl: string; readonly sha256: string })[];
  readonly recordSet: (Named & {
    readonly field: (Named & { readonly source: { fileObject: Named }; readonly references?: { field: Named } })[];
  })[];
}
interface Notebook {
  readonly cells: { readonly cell_type: string; readonly source: string[] }[];
}

const PERSONS = 30;
const records = Array.from({ length: PERSONS }, (_, n) => samplePerson(n) as FhirResource[]);

/** Whether this machine has what the notebook asks for. */
const hasPython = spawnSync('python3', ['-c', 'import duckdb, pandas'], { timeout: 30_000 }).status === 0;
if (!hasPython) process.stderr.write('the notebook is not run: python3 with duckdb and pandas is not installed here\n');

describe('the tables of a package and what describes them', () => {
  let root: string;
  let blobs: FolderBlobStore;
  let made: ReleasedPackage;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'aceso-package-'));
    blobs = new FolderBlobStore(join(root, 'blobs'));
    made = await make('one');
    for (const { name, blobKey } of made.files)
      await put(name, Buffer.concat(await (await blobs.open(blobKey)).toArray()));
    for (const [name, text] of made.texts) await put(name, text);
  }, 60_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  const make = (folder: string, policyName?: string, purpose?: string) =>
    releasedPackage(blobs, records, {
      folder: `extraction/${folder}`,
      workFolder: join(root, 'work', folder),
      ...(policyName === undefined ? {} : { policyName }),
      ...(purpose === undefined ? {} : { purpose }),
    });
  async function put(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(join(root, 'package', name)), { recursive: true });
    await writeFile(join(root, 'package', name), content);
  }
  /** Runs statements as a starter does that stands in the folder of the package; gives the rows of the last one. */
  async function duckdb(...statements: readonly string[]) {
    const instance = await DuckDBInstance.create(':memory:', { file_search_path: join(root, 'package') });
    const connection = await instance.connect();
    try {
      for (const statement of statements.slice(0, -1)) await connection.run(statement);
      return (await connection.runAndReadAll(statements.at(-1)!)).getRowObjectsJson();
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
  const text = (name: string): string => made.texts.get(name)!;
  const json = <Value>(name: string) => JSON.parse(text(name)) as Value;

  it('are one of each view whose resource type the package holds, and leave no work behind', () => {
    const tables = made.files.filter(({ name }) => name.startsWith('tables/')).map(({ name, rows }) => [name, rows]);
    expect(tables).toEqual([
      ['tables/person.parquet', PERSONS],
      ['tables/encounter.parquet', 2 * PERSONS],
      ['tables/condition.parquet', PERSONS],
      ['tables/observation.parquet', 2 * PERSONS],
    ]);
    expect(existsSync(join(root, 'work', 'one', 'tables'))).toBe(false);
  });

  it('have size and hash of what lies in the store', async () => {
    for (const { blobKey, bytes, sha256 } of made.files) {
      const content = Buffer.concat(await (await blobs.open(blobKey)).toArray());
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
  });

  it('have the same bytes under the same sale key, policy and records; so has the dictionary', async () => {
    const again = await make('two');
    const hashes = ({ files }: ReleasedPackage) => files.map(({ name, sha256 }) => [name, sha256]);
    expect(hashes(again)).toEqual(hashes(made));
    expect(again.texts.get('dictionary.json')).toBe(text('dictionary.json'));
  });

  it('reproduce rows and persons by the SQL that every starter runs', async () => {
    const counts = await duckdb(text('schema.sql'), COUNTS_SQL);
    const row = (table_name: string, rows: number) => ({
      ...{ table_name, rows: String(rows), rows_released: rows },
      ...{ persons: String(PERSONS), persons_released: PERSONS },
    });
    expect(counts).toEqual([
      row('condition', PERSONS),
      row('encounter', 2 * PERSONS),
      row('observation', 2 * PERSONS),
      row('person', PERSONS),
    ]);
    expect(await duckdb(text('schema.sql'), exampleSql(made.described.tables)!)).toEqual([
      { condition_code: '44054006', condition_display: null, persons: String(PERSONS) },
    ]);
    const cells = json<Notebook>('notebooks/start.ipynb').cells.map(({ source }) => source.join(''));
    for (const starter of [cells.join('\n'), text('notebooks/start.R')]) {
      expect(starter).toContain(COUNTS_SQL);
      expect(starter).toContain(exampleSql(made.described.tables));
    }
  });

  it('have a notebook in the form of nbformat 4.5', () => {
    const notebook = json<Record<string, unknown> & { cells: Record<string, unknown>[] }>('notebooks/start.ipynb');
    expect(Object.keys(notebook).sort()).toEqual(['cells', 'metadata', 'nbformat', 'nbformat_minor']);
    expect([notebook['nbformat'], notebook['nbformat_minor']]).toEqual([4, 5]);
    const ids = notebook.cells.map(({ id }) => String(id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, cell_type, source, ...rest } of notebook.cells) {
      expect(id).toMatch(/^[a-zA-Z0-9-_]{1,64}$/);
      expect((source as unknown[]).every((line) => typeof line === 'string')).toBe(true);
      const more = cell_type === 'code' ? { execution_count: null, outputs: [] } : {};
      expect(rest).toEqual({ metadata: {}, ...more });
      expect(['code', 'markdown']).toContain(cell_type);
    }
  });

  (hasPython ? it : it.skip)(
    'have a notebook that Python runs (skipped where duckdb or pandas is not installed)',
    () => {
      const code = json<Notebook>('notebooks/start.ipynb').cells.filter(({ cell_type }) => cell_type === 'code');
      const script = code.map(({ source }) => source.join('')).join('\n');
      const { status, stderr } = spawnSync('python3', ['-c', script], { cwd: join(root, 'package', 'notebooks') });
      expect([status, String(stderr)]).toEqual([0, '']);
    },
  );

  it('join as they say, and have types and comments', async () => {
    const { resources } = json<{ resources: Resource[] }>('datapackage.json');
    const tables = resources.filter(({ type }) => type === 'table');
    for (const { name, schema } of tables) {
      for (const { fields, reference } of schema.foreignKeys ?? []) {
        const orphans = `select count(*) as n from "${name}" a where a."${fields[0]}" is not null
          and not exists (select 1 from "${reference.resource}" b where b."${reference.fields[0]}" = a."${fields[0]}")`;
        expect(await duckdb(text('schema.sql'), orphans)).toEqual([{ n: '0' }]);
      }
      if (schema.primaryKey) {
        const twice = `select count(*) - count(distinct "${schema.primaryKey[0]}") as n from "${name}"`;
        expect(await duckdb(text('schema.sql'), twice)).toEqual([{ n: '0' }]);
      }
    }
    expect(tables.map(({ name, schema }) => [name, schema.primaryKey, schema.foreignKeys?.length])).toEqual([
      ['person', ['id'], undefined],
      ['encounter', ['id'], 1],
      ['condition', ['id'], 2],
      ['observation', undefined, 2],
    ]);
    const [column] = await duckdb(
      text('schema.sql'),
      `select data_type, comment from duckdb_columns() where table_name = 'observation' and column_name = 'value_number'`,
    );
    expect(column).toEqual({
      data_type: 'DOUBLE',
      comment: 'measured number, rounded; in cm; rounded to the precision of its code; unit from a list',
    });
  });

  it('are described with the hashes of the files, by names that refer to each other', () => {
    const listed = new Map(made.files.map(({ name, sha256 }) => [name, sha256]));
    const { resources } = json<{ resources: Resource[] }>('datapackage.json');
    expect(new Map(resources.map(({ path, hash }) => [path, hash.slice('sha256:'.length)]))).toEqual(listed);
    const { distribution, recordSet } = json<Croissant>('croissant.json');
    expect(new Map(distribution.map(({ contentUrl, sha256 }) => [contentUrl, sha256]))).toEqual(listed);
    const ids = new Set(
      [...distribution, ...recordSet, ...recordSet.flatMap(({ field }) => field)].map((one) => one['@id']),
    );
    const fields = recordSet.flatMap(({ field }) => field);
    for (const { source, references } of fields) {
      expect(ids).toContain(source.fileObject['@id']);
      if (references) expect(ids).toContain(references.field['@id']);
    }
    expect(fields.length).toBeGreaterThan(40);
  });

  it('have a dictionary with unit, code systems, missing share and rule of every column', () => {
    const observation = json<{ tables: { name: string; columns: object[] }[] }>('dictionary.json').tables.find(
      ({ name }) => name === 'observation',
    );
    expect(observation?.columns).toEqual(
      expect.arrayContaining([
        {
          ...{ name: 'value_number', storage: 'double', fhirType: 'decimal', meaning: 'measured number, rounded' },
          ...{ unit: 'cm', codeSystems: [], missingPercent: 0 },
          rule: 'rounded to the precision of its code; unit from a list',
        },
        expect.objectContaining({ name: 'observation_code', codeSystems: ['http://loinc.org'], missingPercent: 0 }),
        expect.objectContaining({ name: 'category_code', missingPercent: 100 }),
        expect.objectContaining({
          name: 'effective_date',
          unit: 'date',
          rule: 'date rule of the policy, inside the event window',
        }),
        expect.objectContaining({ name: 'person_id', refersTo: 'person.id' }),
        expect.objectContaining({ name: 'component', rule: 'computed from elements that leave' }),
      ]),
    );
  });

  it('have no column of an element that the policy drops', async () => {
    const minimal = await make('minimal', 'minimal');
    const condition = minimal.described.tables.find(({ name }) => name === 'condition')!;
    expect(condition.columns.map(({ name }) => name)).toEqual(
      'id person_id clinical_status verification_status condition_system condition_code condition_display onset_date'.split(
        ' ',
      ),
    );
    expect(condition.columns.find(({ name }) => name === 'onset_date')?.unit).toBe('year');
  });

  it('stand on a page without scripts and references, with small counts left out', async () => {
    const page = text('quality.html');
    expect(page).not.toMatch(/<script|<link|<img|\b(src|href)=|url\(|@import/i);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('<th scope="row">data/Observation.ndjson</th>');
    // The shift of every person moves some visits into the years beside 2015 and 2018.
    const encounters = made.described.census.find(({ resourceType }) => resourceType === 'Encounter')!;
    const few = encounters.years.filter(([, persons]) => persons < 11).map(([year]) => year);
    expect(few.length).toBeGreaterThan(0);
    for (const year of few) expect(page).not.toContain(`<th scope="row">${year}</th>`);
    expect(page).toContain('<th scope="row">2015</th>');
    expect([...page.matchAll(/<td>(\d+)<\/td>/g)].map(([, n]) => Number(n)).filter((n) => n % 5 !== 0)).toEqual([]);
  });

  it('let no text of the buyer become markup, code or a comment that ends', async () => {
    const purpose = `</style><script>alert(1)</script> ' "; drop\n"""\nimport os --\n# x`;
    const { texts } = await make('hostile', 'expert-1', purpose);
    for (const [name, content] of texts) {
      if (name !== 'README.md' && !name.endsWith('.json') && !name.endsWith('.R'))
        expect([name, content]).toEqual([name, expect.not.stringContaining('<script>')]);
    }
    const script = texts.get('notebooks/start.R')!.split('\n');
    expect(script.filter((line) => line.includes('import os'))).toEqual([expect.stringMatching(/^# /)]);
    const code = (JSON.parse(texts.get('notebooks/start.ipynb')!) as Notebook).cells.filter(
      (cell) => cell.cell_type === 'code',
    );
    expect(JSON.stringify(code)).not.toContain('alert');
  });
});
