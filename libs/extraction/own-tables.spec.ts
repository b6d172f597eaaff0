import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { policyNamed, scopeOfPolicy, type OwnViewDocument } from '@aceso/deidentification/domain';
import type { FhirResource } from '@aceso/fhir';
import { FolderBlobStore } from '@aceso/platform';
import { COUNTS_SQL } from './domain/descriptors';
import { everythingViews } from './testing/everything-views';
import { releasedPackage, type ReleasedPackage } from './testing/released-package';
import { samplePerson } from './testing/sample-person';

const PERSONS = 30;
/** A condition that one person has: fewer than any package shows. */
const RARE = '363346000';
const rare = {
  resourceType: 'Condition',
  id: 'rare',
  code: { coding: [{ system: 'http://snomed.info/sct', code: RARE, display: 'Malignant neoplastic disease' }] },
  subject: { reference: 'Patient/patient-0' },
  onsetDateTime: '2016-04-11',
};
const records = Array.from({ length: PERSONS }, (_, n) => [
  ...(samplePerson(n) as FhirResource[]),
  ...(n === 0 ? [rare as FhirResource] : []),
]);

const KEYS = [
  { name: 'measurement', path: 'getResourceKey()' },
  { name: 'who', path: 'subject.getReferenceKey(Patient)' },
];
const HEIGHT = {
  name: 'cm',
  path: 'value.ofType(Quantity).value',
  type: 'decimal',
  description: "the person's height",
};
const VISIT = { name: 'visit', path: 'encounter.getReferenceKey(Encounter)' };
const codings: OwnViewDocument = {
  ...{ name: 'codings', resource: 'Observation' },
  select: [
    { column: [...KEYS, { name: 'all', path: 'code.coding.code', collection: true }] },
    { forEach: 'code.coding', column: [{ name: 'code', path: 'code' }] },
  ],
};
const heights: OwnViewDocument = {
  ...{ name: 'heights', title: "Body heights -- '; drop", resource: 'Observation' },
  where: [{ path: "code.coding.exists(code = '8302-2')" }],
  select: [{ column: [...KEYS, HEIGHT, VISIT] }],
};

describe('own tables of a package', () => {
  let root: string;
  let blobs: FolderBlobStore;
  let plain: ReleasedPackage;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'aceso-own-'));
    blobs = new FolderBlobStore(join(root, 'blobs'));
    plain = await make('plain');
  }, 60_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  const make = (folder: string, ...views: readonly OwnViewDocument[]) =>
    releasedPackage(blobs, records, {
      folder: `extraction/${folder}`,
      workFolder: join(root, 'work', folder),
      ...(views.length > 0 && { views }),
    });
  /** Runs the SQL of a package over its tables and gives the rows of the last statement. */
  async function query({ described, files, texts }: ReleasedPackage, sql: string) {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      let schema = texts.get('schema.sql')!;
      for (const { file } of described.tables) {
        const { blobKey } = files.find(({ name }) => name === file)!;
        schema = schema.replaceAll(`'${file}'`, `'${join(root, 'blobs', 'stored', blobKey)}'`);
      }
      await connection.run(schema);
      return (await connection.runAndReadAll(sql)).getRowObjectsJson();
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
  const dataOf = async ({ files }: ReleasedPackage): Promise<string> => {
    const texts: string[] = [];
    for (const { name, blobKey } of files)
      if (name.startsWith('data/')) texts.push(Buffer.concat(await (await blobs.open(blobKey)).toArray()).toString());
    return texts.join('');
  };
  const hashes = ({ files }: ReleasedPackage) => files.map(({ name, sha256 }) => [name, sha256]);

  it('stand beside the shipped ones, which they do not change, and are described like them', async () => {
    const made = await make('heights', codings, heights);
    expect(hashes(made).slice(0, -2)).toEqual(hashes(plain));
    expect(made.files.at(-1)).toMatchObject({ name: 'tables/heights.parquet', rows: 2 * PERSONS });
    const counts = await query(made, COUNTS_SQL);
    expect(counts.find(({ table_name }) => table_name === 'heights')).toEqual({
      ...{ table_name: 'heights', rows: String(2 * PERSONS), rows_released: 2 * PERSONS },
      ...{ persons: String(PERSONS), persons_released: PERSONS },
    });
    expect(await query(made, 'select count(*) as n from heights where cm between 165 and 180')).toEqual([{ n: '60' }]);
    // A list stays a list, and rows of one person are one person.
    expect(await query(made, `select distinct "all" as codes from codings`)).toEqual([{ codes: ['8302-2'] }]);
    expect(counts.find(({ table_name }) => table_name === 'codings')).toMatchObject({ persons_released: PERSONS });
    const { tables } = JSON.parse(made.texts.get('dictionary.json')!) as {
      tables: { name: string; columns: object[] }[];
    };
    expect(tables.at(-1)).toMatchObject({ name: 'heights', madeFrom: 'Observation', meaning: heights.title });
    expect(tables.at(-1)!.columns[2]).toMatchObject({ name: 'cm', meaning: "the person's height", unit: 'cm' });
    const { resources } = JSON.parse(made.texts.get('datapackage.json')!) as { resources: object[] };
    expect(resources.at(-1)).toMatchObject({
      name: 'heights',
      schema: {
        primaryKey: ['measurement'],
        foreignKeys: [
          { fields: ['who'], reference: { resource: 'person', fields: ['id'] } },
          { fields: ['visit'], reference: { resource: 'encounter', fields: ['id'] } },
        ],
      },
    });
    const { recordSet } = JSON.parse(made.texts.get('croissant.json')!) as { recordSet: object[] };
    expect(recordSet.at(-2)).toMatchObject({ '@id': 'codings', field: [{}, {}, { repeated: true }, {}] });
    expect(recordSet.at(-2)).not.toHaveProperty('key');
    expect(recordSet.at(-1)).toMatchObject({ '@id': 'heights', key: { '@id': 'heights/measurement' } });
  });

  it('that cannot be made are left out with the reason, and nothing else is', async () => {
    const text = 'x'.repeat(200);
    const half = { name: 'half', path: 'iif(value.ofType(Quantity).value > 171, 1.5, 1)', type: 'integer' };
    const unfit = { ...heights, name: 'unfit', select: [{ column: [...KEYS, half] }] };
    const outside = { ...heights, name: 'outside', select: [{ column: [...KEYS, { name: 'a', path: 'issued' }] }] };
    const absent: OwnViewDocument = { name: 'absent', resource: 'Claim', select: [{ column: KEYS }] };
    const large: OwnViewDocument = {
      ...{ name: 'large', resource: 'Observation', constant: [{ name: 'c', valueString: text }] },
      select: [
        {
          column: [
            ...KEYS,
            ...Array.from({ length: 20 }, (_, n) => ({ name: `c${n}`, path: Array(80).fill('%c').join('&') })),
          ],
        },
      ],
    };
    const made = await make('failing', unfit, outside, absent, large, heights);
    expect(hashes(made).slice(0, -1)).toEqual(hashes(plain));
    expect(made.files.at(-1)!.name).toBe('tables/heights.parquet');
    const { tablesLeftOut } = JSON.parse(made.texts.get('dictionary.json')!) as { tablesLeftOut: object[] };
    expect(tablesLeftOut).toEqual([
      {
        name: 'unfit',
        code: 'VIEW_VALUE_UNFIT',
        message: expect.stringMatching(
          /^data\/Observation\.ndjson, line \d+: select\[0\]\.column\[2\]\.path \(half\)/,
        ) as string,
      },
      { name: 'outside', code: 'VIEW_OUT_OF_SCOPE', message: expect.stringContaining('issued') as string },
      { name: 'absent', code: 'TABLE_EMPTY', message: 'the package holds no Claim' },
      { name: 'large', code: 'VIEW_ROWS_EXCESSIVE', message: expect.stringContaining('20 times') as string },
    ]);
    expect(made.texts.get('README.md')).toMatch(/could not be made\n\n- `unfit` \(VIEW_VALUE_UNFIT\)/);
    expect(plain.texts.get('README.md')).not.toContain('could not be made');
    expect(plain.texts.get('dictionary.json')).not.toContain('tablesLeftOut');
  });

  it('show no value that the data files do not hold, whatever they read', async () => {
    const views = everythingViews(scopeOfPolicy(policyNamed('expert-1')));
    const made = await make('everything', ...views);
    const data = await dataOf(made);
    expect(JSON.stringify(records)).toContain(RARE);
    const held = new Set(data.split('\n').flatMap((line) => (line === '' ? [] : valuesOf(JSON.parse(line)))));
    const own = made.described.tables.filter(({ name }) => name.startsWith('all_'));
    expect(own.map(({ resource }) => resource).sort()).toEqual(['Condition', 'Encounter', 'Observation', 'Patient']);
    let cells = 0;
    const strange: string[] = [];
    for (const { name } of own) {
      for (const row of await query(made, `select * from "${name}"`)) {
        for (const cell of valuesOf(row)) {
          cells += 1;
          if (!held.has(cell)) strange.push(`${name}: ${cell}`);
        }
      }
    }
    expect(strange).toEqual([]);
    expect(cells).toBeGreaterThan(1_000);
    expect(held.has('44054006')).toBe(true);
    expect(held.has(RARE)).toBe(false);
  });
});

/** Every text, number and truth in a value, as text; of a reference also the id. */
function valuesOf(value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'object') return Object.values(value).flatMap(valuesOf);
  const text = String(value as string | number | boolean);
  return [text, text.replace(/^[A-Za-z]+\//, '')];
}
