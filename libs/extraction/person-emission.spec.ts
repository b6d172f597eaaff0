import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileProjector, policyNamed, pseudonymsUnder, RegisterRows } from '@aceso/deidentification/domain';
import { hmacSha256, projectPerson, saleOf } from '@aceso/deidentification/testing';
import { asId } from '@aceso/kernel';
import { FolderBlobStore } from '@aceso/platform';
import type { ReadRecord } from '@aceso/register';
import { emitPerson, HELD_BYTES_MAX } from './person-emission';
import { SORT_LIMITS, SortedRows, type SortLimits } from './sorted-rows';

const RECORDS = [1, 2].map((n) => asId<'SourceRecord'>(`00000000-0000-4000-8000-00000000000${n}`));
const ENCOUNTERS = 40;
const OBSERVATIONS = 400;

/** Two records of twelve years, in no order of time, that refer to what leaves, to what does not, and to nothing. */
function readRecords(): ReadRecord[] {
  const day = (n: number): string => new Date(Date.UTC(2008, 0, 1 + ((n * 997) % 4380))).toISOString();
  const encounters = Array.from({ length: ENCOUNTERS }, (_, n) => ({
    resourceType: 'Encounter',
    id: `e-${n}`,
    status: 'finished',
    ...(n % 3 === 0 ? {} : { class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' } }),
    period: { start: day(n * 7), end: day(n * 7) },
  }));
  const observations = Array.from({ length: OBSERVATIONS }, (_, n) => ({
    resourceType: 'Observation',
    id: `o-${n}`,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8302-2' }] },
    encounter: { reference: `Encounter/e-${n % (ENCOUNTERS + 5)}` },
    effectiveDateTime: day(n % 90),
    valueQuantity: { value: 150 + (n % 40), system: 'http://unitsofmeasure.org', code: 'cm', unit: 'cm' },
  }));
  return RECORDS.flatMap((sourceRecordId) =>
    [...observations, ...encounters].map((resource, index) => ({
      resource,
      position: { sourceRecordId, sequence: 1 + Math.floor(index / 50), line: 1 + (index % 50) },
      bytes: JSON.stringify(resource).length,
    })),
  );
}

describe('the emission of a person', () => {
  let folder: string;
  let blobs: FolderBlobStore;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'person-'));
    blobs = new FolderBlobStore(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const sale = saleOf(7);
  const pseudonymise = pseudonymsUnder(sale.saleKey, hmacSha256);
  const projector = compileProjector(policyNamed('expert-1'), sale);
  const person = {
    personId: asId<'Person'>('00000000-0000-4000-8000-000000000009'),
    shiftDays: 40,
    attributes: { age: 40, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null } as const,
  };
  const records = readRecords();

  function atOnce(): string[] {
    const inSale = projector.person(person.personId, { rows: new RegisterRows(pseudonymise), shiftDays: 40 });
    return projectPerson(projector, inSale, { entries: records, attributes: person.attributes }).map((row) =>
      JSON.stringify(row),
    );
  }

  async function emitted(heldBytesMax: number, limits: SortLimits) {
    const sorted = new SortedRows(blobs, 'extraction/a/0-1/sorted', limits);
    let readings = 0;
    const entries = async function* () {
      readings += 1;
      yield* records;
    };
    const { rows, codes } = await emitPerson({ projector, pseudonymise }, person, { entries, sorted }, heldBytesMax);
    const texts: string[] = [];
    for await (const row of rows) texts.push(JSON.stringify(row));
    const runs = await blobKeys();
    await sorted.remove();
    return { texts, codes, readings, runs: runs.length };
  }

  async function blobKeys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of blobs.list('extraction/')) keys.push(key);
    return keys;
  }

  it('has rows with references and without', () => {
    const texts = atOnce();
    expect(texts.length).toBeGreaterThan(OBSERVATIONS);
    const referring = texts.filter((text) => text.includes('Encounter/'));
    expect(referring.length).toBeGreaterThan(100);
    expect(texts.filter((text) => text.includes('Observation')).length).toBeGreaterThan(referring.length + 100);
  });

  it.each([
    ['in memory', HELD_BYTES_MAX, SORT_LIMITS, { readings: 1, runs: 0 }],
    ['read twice', 10_000, SORT_LIMITS, { readings: 2, runs: 0 }],
    ['sorted in runs', HELD_BYTES_MAX, { heldBytesMax: 20_000, runsMax: 32 }, { readings: 1 }],
    ['read twice and sorted in runs of runs', 0, { heldBytesMax: 2_000, runsMax: 3 }, { readings: 2 }],
  ])('gives the same bytes %s', async (_, heldBytesMax, limits, expected) => {
    const { texts, codes, ...how } = await emitted(heldBytesMax, limits);
    expect(texts).toEqual(atOnce());
    expect([...codes]).toContain('http://loinc.org|8302-2');
    expect(how).toMatchObject(expected);
    if (!('runs' in expected)) expect(how.runs).toBeGreaterThan(5);
    expect(await blobKeys()).toEqual([]);
  });

  it('gives no row when a record breaks while it is read again', async () => {
    let readings = 0;
    const entries = async function* () {
      readings += 1;
      yield* records.slice(0, 500);
      if (readings === 2) throw new Error('broken');
    };
    const sorted = new SortedRows(blobs, 'extraction/a/0-2/sorted', { heldBytesMax: 2_000, runsMax: 3 });
    await expect(emitPerson({ projector, pseudonymise }, person, { entries, sorted }, 0)).rejects.toThrow('broken');
    expect(await blobKeys()).not.toEqual([]);
    await sorted.remove();
    expect(await blobKeys()).toEqual([]);
  });
});
