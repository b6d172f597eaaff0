import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import type { FhirResource } from '@aceso/fhir';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { LeakCanaries } from './leaks.canaries';
import { readFileOf, searchedPackage, type SearchedPackage } from './leaks.package';
import { readRecords, type SourceRecords } from './leaks.patients';
import { leaksOf, leaksSuite } from './leaks.suite';
import type { ConformanceCase } from './suite';

const PATIENTS = 60;

let root: string;
let records: SourceRecords;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'aceso-leaks-spec-'));
  const bundles = join(root, 'fhir-r4-synthea', 'made');
  const bulk = join(root, 'fhir-r4-synthea-bulk', 'made');
  await Promise.all([mkdir(bundles, { recursive: true }), mkdir(bulk, { recursive: true })]);
  const made = [...generatePopulation({ seed: 11, patients: PATIENTS, asOf: '2022-06-30' })].map(
    ([record]) => record!.bundle,
  );
  const [first, ...others] = made;
  await writeFile(
    join(bundles, 'part.ndjson.gz'),
    gzipSync(others.map((bundle) => `${JSON.stringify(bundle)}\n`).join('')),
  );
  // One of them comes as a bulk export.
  const resources = first!.entry.map((entry) => (entry as { resource: FhirResource }).resource);
  for (const type of new Set(resources.map(({ resourceType }) => resourceType))) {
    const lines = resources.filter(({ resourceType }) => resourceType === type).map((one) => JSON.stringify(one));
    await writeFile(join(bulk, `${type}.000.ndjson`), lines.join('\n').replaceAll('"urn:uuid:', '"Patient/'));
  }
  records = readRecords([join(root, 'fhir-r4-synthea'), join(root, 'fhir-r4-synthea-bulk')]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

it('reads everybody, from Bundles and from bulk exports', () => {
  expect(records.patients.length).toBe(PATIENTS);
  for (const [patient, ...resources] of records.patients) {
    expect(patient!.resourceType).toBe('Patient');
    expect(resources.length).toBeGreaterThan(0);
  }
});

it('finds nothing in packages of whole lifetimes, and says how much was searched', async () => {
  const cases: ConformanceCase[] = [];
  for await (const one of leaksSuite.run(root)) cases.push(one);
  expect(cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(cases.map((one) => one.case)).toEqual(
    expect.arrayContaining([
      'expert-1: tables/person.parquet',
      'safe-harbor: risk.html',
      'minimal: quality.html',
      'expert-1: notebooks/start.ipynb',
    ]),
  );
  const notes = cases.flatMap(({ note }) => note ?? []);
  expect(notes).toHaveLength(3);
  expect(notes[0]).toMatch(/^expert-1: canaries of 60 patients \(\d{3,} of kind text, .* searched in \d{2} files of /);
}, 120_000);

describe('a leak that is planted is found', () => {
  let found: SearchedPackage;
  let canaries: LeakCanaries;
  let patient: FhirResource & {
    readonly name: readonly { readonly family: string }[];
    readonly address: readonly { readonly line: readonly string[] }[];
    readonly birthDate: string;
  };
  beforeAll(async () => {
    found = await searchedPackage(records.patients, 'expert-1', join(root, 'planted'));
    canaries = new LeakCanaries(records);
    patient = records.patients[7]![0] as typeof patient;
  }, 60_000);

  const kindsIn = (name: string, text: string): string[] => [
    ...new Set([...leaksOf({ name, text }, canaries, found)].map(({ kind }) => kind)),
  ];
  const fileNamed = (name: string) => found.files.find((file) => file.name === name)!;
  const DESCRIBING = ['README.md', 'risk.html', 'risk.json', 'quality.html', 'dictionary.json', 'notebooks/start.R'];

  it.each([...DESCRIBING, 'notebooks/start.ipynb', 'croissant.json', 'schema.sql', 'manifest.json'])(
    'in %s',
    (name) => {
      const { text } = fileNamed(name);
      const plant = (secret: string) => kindsIn(name, `${text}\n<td>${secret}</td>`);
      expect(plant('')).toEqual([]);
      expect(plant(patient.name[0]!.family.toUpperCase())).toEqual(['text']);
      expect(plant(patient.address[0]!.line[0]!)).toEqual(['text']);
      expect(plant(patient.id!)).toEqual(['id']);
      expect(plant(patient.id!.replaceAll('-', ''))).toEqual(['id']);
      expect(plant(`born on ${patient.birthDate}`)).toEqual(['date']);
      expect(plant('seen at 09:14:31')).toEqual(['time']);
    },
  );

  it('in a row: the days and numbers of its own source, and a date in what has none', () => {
    const [name, text] = ['data/Observation.ndjson', fileNamed('data/Observation.ndjson').text];
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as FhirResource);
    const row = rows.find((one) => 'effectiveDateTime' in one && 'valueQuantity' in one)!;
    const source = found.made.sources.get(row.id!)!;
    const planted = (changes: object) => kindsIn(name, JSON.stringify({ ...row, ...changes }));
    expect(planted({})).toEqual([]);
    expect(planted({ effectiveDateTime: String(source['effectiveDateTime']).slice(0, 10) })).toEqual(['date']);
    expect(planted({ valueQuantity: { value: 72.123456789 } })).toEqual([]);
    const exact = records.patients.flat().flatMap((one) => {
      const { value } = (one['valueQuantity'] ?? {}) as { readonly value?: number };
      return value !== undefined && String(value).length > 8 ? [value] : [];
    });
    expect(exact.length).toBeGreaterThan(0);
    expect(planted({ valueQuantity: { value: exact[0] } })).toContain('number');
    expect(
      kindsIn('data/Patient.ndjson', JSON.stringify({ resourceType: 'Patient', id: 'x', seen: '2015-02-03' })),
    ).toEqual(['date']);
  });

  it('in a claim: an amount of a few digits', () => {
    const { total } = records.patients
      .flat()
      .find((one) => 'total' in one && one.resourceType === 'Claim') as unknown as {
      readonly total: { readonly value: number };
    };
    const row = JSON.stringify({ resourceType: 'Claim', id: 'x', total: total.value });
    expect(kindsIn('data/Claim.ndjson', row)).toEqual(['amount']);
  });

  it('in a table, whose bytes are compressed', async () => {
    const path = join(root, 'planted.parquet');
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const cell = `${patient.name[0]!.family} on 2999-01-01`;
    await connection.run(
      `copy (select '${cell}' as note from range(5000)) to '${path}' (format parquet, compression zstd)`,
    );
    connection.closeSync();
    instance.closeSync();
    const file = await readFileOf(path, 'tables/person.parquet');
    expect(new Set([...leaksOf(file, canaries, found)].map(({ kind }) => kind))).toEqual(new Set(['text', 'date']));
  });
});

it('a folder without records runs no case and says so', async () => {
  const cases: ConformanceCase[] = [];
  for await (const one of leaksSuite.run(__dirname)) cases.push(one);
  expect(cases).toEqual([
    { case: 'leaks', outcome: 'skipped', reason: 'fhir-r4-synthea and fhir-r4-synthea-bulk are not there' },
  ]);
  expect(existsSync(join(__dirname, 'fhir-r4-synthea'))).toBe(false);
});
