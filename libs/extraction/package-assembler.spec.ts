import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POLICIES } from '@aceso/deidentification/domain';
import { FolderBlobStore } from '@aceso/platform';
import { PackageAssembler } from './package-assembler';
import { PartWriter } from './part-writer';

const SNOMED = 'http://snomed.info/sct';
const policy = POLICIES[0]!;

describe('package assembler', () => {
  let folder: string;
  let blobs: FolderBlobStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assembler-'));
    blobs = new FolderBlobStore(folder);
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const patient = (person: string): string => JSON.stringify({ resourceType: 'Patient', id: person, ageBand: '40-49' });
  const row = (resourceType: string, person: string, more: object): string =>
    JSON.stringify({ resourceType, subject: { reference: `Patient/${person}` }, ...more });
  const condition = (person: string, id: string, code: string, encounter: string): string =>
    row('Condition', person, {
      id,
      code: { coding: [{ system: SNOMED, code }] },
      encounter: { reference: `Encounter/${encounter}` },
    });
  const encounter = (person: string, id: string, code: string): string =>
    row('Encounter', person, { id, type: [{ coding: [{ system: SNOMED, code }] }], period: { start: '2020-01-01' } });

  async function shard(index: number, persons: readonly string[]) {
    const writer = new PartWriter(blobs, `extraction/a/${index}-1`);
    for (const person of persons) {
      await writer.write('Patient', [patient(person)]);
      // Only one person of all has the rare kind of visit, and its condition refers to it.
      await writer.write('Encounter', [encounter(person, `e-${person}`, person === 'p03' ? '999' : '185349003')]);
      await writer.write('Condition', [condition(person, `c-${person}`, '44054006', `e-${person}`)]);
      if (person === 'p05') await writer.write('Condition', [condition(person, 'c-rare', '888', 'e-p05')]);
    }
    return writer.finish();
  }
  const read = async (blobKey: string): Promise<Record<string, unknown>[]> =>
    Buffer.concat(await (await blobs.open(blobKey)).toArray())
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  async function assemble(rare: ReadonlySet<string>) {
    const parts = [...(await shard(0, ['p00', 'p01', 'p02', 'p03'])), ...(await shard(1, ['p04', 'p05', 'p06']))];
    const assembled = await new PackageAssembler(blobs, { policy, k: 5, suppressed: 2 }).assemble(
      parts,
      rare,
      'extraction/a/final',
    );
    expect(assembled).not.toBeNull();
    return assembled!;
  }

  it('joins shards in order, without rare codes or references to rows that went with them', async () => {
    for (const rare of [new Set([`${SNOMED}|999`, `${SNOMED}|888`]), new Set<string>()]) {
      const { files, measure, fields } = await assemble(rare);
      expect(files.map(({ name, rows }) => [name, rows])).toEqual([
        ['data/Condition.ndjson', 7],
        ['data/Encounter.ndjson', 6],
        ['data/Patient.ndjson', 7],
      ]);
      const conditions = await read('extraction/a/final/condition.ndjson');
      expect(conditions.map(({ id }) => id)).toEqual(
        ['p00', 'p01', 'p02', 'p03', 'p04', 'p05', 'p06'].map((p) => `c-${p}`),
      );
      expect(conditions[2]).toMatchObject({ encounter: { reference: 'Encounter/e-p02' } });
      expect(conditions[3]).not.toHaveProperty('encounter');
      expect(measure).toMatchObject({ persons: 7, rows: 20, suppressed: 2, classes: 1, classSizeMin: 7 });
      expect(fields.map(({ name, rows }) => [name, rows])).toEqual(files.map(({ name, rows }) => [name, rows]));
    }
  });

  it('leaves out a quantity in a unit that only few persons have for its code', async () => {
    const writer = new PartWriter(blobs, 'extraction/a/units');
    const persons = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
    const weight = (person: string, unit: string) =>
      row('Observation', person, {
        id: `o-${person}`,
        code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
        valueQuantity: { unit, value: 70 },
      });
    await writer.write('Patient', persons.map(patient));
    await writer.write(
      'Observation',
      persons.map((person) => weight(person, person === 'p3' ? '[oz_av]' : 'kg')),
    );
    const options = { policy, k: 5, suppressed: 0 };
    await new PackageAssembler(blobs, options).assemble(await writer.finish(), new Set(), 'extraction/a/final');
    const units = (await read('extraction/a/final/observation.ndjson')).map(
      ({ valueQuantity }) => (valueQuantity as { unit: string } | undefined)?.unit,
    );
    expect(units).toEqual(['kg', 'kg', 'kg', undefined, 'kg', 'kg']);
  });

  it('counts nobody for a code who does not count towards k', async () => {
    const persons = ['p0', 'p1', 'p2', 'p3', 'p4'];
    for (const uncounted of [new Set<string>(), new Set(['p4'])]) {
      const prefix = `extraction/a/counted-${uncounted.size}`;
      const writer = new PartWriter(blobs, prefix);
      await writer.write('Patient', persons.map(patient));
      await writer.write(
        'Condition',
        persons.map((person) => condition(person, `c-${person}`, '44054006', 'e')),
      );
      const options = { policy, k: 5, suppressed: 0, uncounted };
      await new PackageAssembler(blobs, options).assemble(await writer.finish(), new Set(), `${prefix}/final`);
      expect(await read(`${prefix}/final/condition.ndjson`)).toHaveLength(uncounted.size === 0 ? 5 : 0);
    }
  });

  it('leaves out a plain code that only few persons have, whether the shards counted it or the files show it', async () => {
    for (const known of [new Set<string>(), new Set(['AllergyIntolerance.criticality|high'])]) {
      const writer = new PartWriter(blobs, `extraction/a/plain-${known.size}`);
      const persons = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
      const allergy = (person: string) =>
        row('AllergyIntolerance', person, {
          id: `a-${person}`,
          code: { coding: [{ system: SNOMED, code: '419474003' }] },
          criticality: person === 'p3' ? 'high' : 'low',
        });
      const visit = (person: string) =>
        row('Encounter', person, {
          id: `e-${person}`,
          class: {},
          status: person === 'p2' ? 'entered-in-error' : 'finished',
        });
      await writer.write('Patient', persons.map(patient));
      await writer.write('AllergyIntolerance', persons.map(allergy));
      await writer.write('Encounter', persons.map(visit));
      const options = { policy, k: 5, suppressed: 0 };
      await new PackageAssembler(blobs, options).assemble(await writer.finish(), known, 'extraction/a/final');
      const allergies = await read('extraction/a/final/allergyintolerance.ndjson');
      expect(allergies.map(({ criticality }) => criticality)).toEqual(['low', 'low', 'low', undefined, 'low', 'low']);
      const visits = await read('extraction/a/final/encounter.ndjson');
      expect(visits.map(({ id }) => id)).toEqual(['e-p0', 'e-p1', 'e-p3', 'e-p4', 'e-p5']);
    }
  });

  it('tells size and hash of what lies in the store', async () => {
    const { files } = await assemble(new Set());
    for (const { blobKey, bytes } of files) expect((await blobs.stat(blobKey))?.bytes).toBe(bytes);
  });
});
