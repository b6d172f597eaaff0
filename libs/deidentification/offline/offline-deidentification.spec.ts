import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { ThreadPool } from '@aceso/platform/threads';
import { policyNamed, type ReleasedRow } from '../domain';
import { hmacSha256, sha256 } from '../testing';
import { deidentifyFiles } from './offline-deidentification';

/** Whole runs over files, on machines that do other work as well. */
jest.setTimeout(120_000);

const AS_OF = '2020-06-15';
const bundles = [...generatePopulation({ seed: 3, patients: 40, asOf: AS_OF })].map((records) => records[0]!);

describe('offline de-identification', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso deidentify '));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const file = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const run = (files: readonly string[], out = 'out', keyByte = 1, threads = 1, keyBytes = 32) =>
    deidentifyFiles({
      policy: policyNamed('expert-1'),
      key: new Uint8Array(keyBytes).fill(keyByte),
      asOf: AS_OF,
      files,
      outFolder: join(folder, out),
      threads,
      hmacSha256,
      sha256,
    });
  const rowsOf = async (out: string, type: string) =>
    (await readFile(join(folder, out, `${type}.ndjson`), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ReleasedRow);
  const asBundles = bundles.map(({ bundle }) => JSON.stringify(bundle)).join('\n');

  it('releases Bundles with classes of k or more, says that this is no sale, and measures the files', async () => {
    const report = await run([await file('in.ndjson.gz', gzipSync(asBundles))]);
    expect(report).toMatchObject({ sale: false, k: 5, lines: 40, resources: { refused: 0 }, persons: { read: 40 } });
    expect(report.measure.classSizeMin).toBeGreaterThanOrEqual(5);
    expect(report.measure.persons).toBe(report.persons.released);
    const onDisk = (await readdir(join(folder, 'out'))).sort();
    expect(onDisk).toEqual([...report.files.map(({ name }) => name), 'report.json'].sort());
    const encounters = await readFile(join(folder, 'out', 'Encounter.ndjson'));
    expect(report.files.find(({ name }) => name === 'Encounter.ndjson')).toMatchObject({
      bytes: encounters.length,
      sha256: Buffer.from(sha256(encounters)).toString('hex'),
    });
  });

  it.each([
    ['an empty file', '', /no readable Patient/],
    ['one patient', asBundles.split('\n')[0]!, /no class of 5 persons comes of the 1 in/],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x7b]), /no readable Patient/],
    ['NaN', '{"resourceType":"Patient","id":"a","multipleBirthInteger":NaN}', /no readable Patient/],
  ])('refuses %s, which releases nobody, and writes nothing', async (_, content, why) => {
    await expect(run([await file('in.ndjson', content)])).rejects.toMatchObject({
      code: 'DEIDENTIFY_COHORT_TOO_SMALL',
      message: expect.stringMatching(why) as string,
    });
    expect(await readdir(folder)).toEqual(['in.ndjson']);
  });

  it('takes away the folders that it made when nothing leaves, and no other', async () => {
    const input = await file('in.ndjson', '');
    const refusal = { code: 'DEIDENTIFY_COHORT_TOO_SMALL' };
    await expect(run([input], 'new/inside/out')).rejects.toMatchObject(refusal);
    expect(await readdir(folder)).toEqual(['in.ndjson']);
    await mkdir(join(folder, 'mine'));
    await expect(run([input], 'mine/out')).rejects.toMatchObject(refusal);
    await expect(run([input], 'mine')).rejects.toMatchObject(refusal);
    expect([await readdir(folder), await readdir(join(folder, 'mine'))]).toEqual([['in.ndjson', 'mine'], []]);
  });

  it('refuses a key that is too short before it makes the folder', async () => {
    const input = await file('in.ndjson', asBundles);
    await expect(run([input], 'out', 1, 1, 15)).rejects.toMatchObject({ code: 'SALE_KEY_TOO_SHORT' });
    expect(await readdir(folder)).toEqual(['in.ndjson']);
  });

  it('refuses a file in the place of its folder', async () => {
    const input = await file('in.ndjson', asBundles);
    await file('out', 'mine');
    await expect(run([input])).rejects.toMatchObject({ code: 'RELEASE_NOT_WRITABLE' });
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe('mine');
  });

  it('orders rows by pseudonym and date, refers only to rows that are there, and drops codes of few persons', async () => {
    const report = await run([await file('in.ndjson', asBundles)]);
    const encounters = await rowsOf('out', 'Encounter');
    const keys = encounters.map(
      (row) => `${row.subject!.reference} ${(row['period'] as { start: string }).start} ${row.id}`,
    );
    expect(keys).toEqual([...keys].sort());
    const ids = new Set(encounters.map(({ id }) => `Encounter/${id}`));
    const persons = new Map<string, Set<string>>();
    for (const { name } of report.files) {
      for (const row of await rowsOf('out', name.slice(0, -'.ndjson'.length))) {
        const text = JSON.stringify(row);
        for (const [reference] of text.matchAll(/Encounter\/[0-9a-f]{32}/g)) expect(ids.has(reference)).toBe(true);
        for (const [, code] of text.matchAll(/"code":"([^"]+)"\}/g)) {
          persons.set(code!, (persons.get(code!) ?? new Set()).add(row.subject!.reference));
        }
      }
    }
    expect([...persons.values()].every((having) => having.size >= 5)).toBe(true);
  });

  it('gives the same bytes for the same input in any form and order, and other bytes under another key', async () => {
    const one = await run([await file('in.ndjson', asBundles)]);
    const lines = asBundles.split('\n');
    const parts = [
      await file('b.ndjson', lines.slice(20).join('\n')),
      await file('a.ndjson', `${lines.slice(0, 25).join('\n')}\n`),
    ];
    const two = await run(parts, 'again'); // five patients twice: each row once
    expect(two.files).toEqual(one.files);
    expect((await run([join(folder, 'in.ndjson')], 'other', 2)).files).not.toEqual(one.files);
  });

  it('gives the same bytes and the same report with one thread and with three', async () => {
    const input = [await file('in.ndjson', asBundles)];
    const one = await run(input, 'one', 1, 1);
    expect(await run(input, 'three', 1, 3)).toEqual(one);
  });

  it('reads resources a line as bulk exports have them', async () => {
    const people = [...Array(12).keys()].map((n) => ({
      resourceType: 'Patient',
      id: `p${n}`,
      gender: 'female',
      birthDate: '1980-01-01',
    }));
    const conditions = people.map(({ id }) => ({
      resourceType: 'Condition',
      id: `c-${id}`,
      subject: { reference: `Patient/${id}` },
      encounter: { reference: 'Encounter/never-sent' },
      code: { coding: [{ system: 'http://snomed.info/sct', code: '72892002' }] },
      onsetDateTime: '2010-01-01',
    }));
    const orphan = { ...conditions[0], id: 'orphan', subject: { reference: 'Patient/unknown' } };
    // The last event of a record never leaves.
    const later = [...conditions, orphan].map((one) => ({
      ...one,
      id: `${one.id}-later`,
      onsetDateTime: '2014-01-01',
    }));
    const ndjson = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).join('\n');
    const report = await run([
      await file('Condition.ndjson', `${ndjson([...conditions, orphan, ...later])}\n\nnot json`),
      await file('Patient.ndjson', ndjson(people)),
    ]);
    expect(report).toMatchObject({
      persons: { read: 12, released: 12, suppressed: 0, rowsWithoutPatient: 1 },
      resources: { read: 38, refused: 2 },
      generalisation: { ageBandYears: 5, location: 'zip3' },
    });
    const rows = await rowsOf('out', 'Condition');
    expect(rows).toHaveLength(12);
    expect(rows[0]!['encounter']).toBeUndefined();
  });

  it.each([1, 2, 3])('leaves nothing half-written when a thread is killed in step %d', async (step) => {
    const input = await file('in.ndjson', asBundles);
    const open = ThreadPool.prototype.open;
    let steps = 0;
    const killing = jest.spyOn(ThreadPool.prototype, 'open').mockImplementation(function (this: ThreadPool, data) {
      const job = open.call(this, data);
      steps += 1;
      if (steps !== step) return job;
      const run: typeof job.run = (task) => {
        const result = job.run(task);
        setTimeout(() => void this.close(), 1);
        return result;
      };
      return { ...job, run } as never;
    });
    await expect(run([input])).rejects.toMatchObject({ code: 'THREAD_LOST' });
    killing.mockRestore();
    expect(steps).toBe(step);
    expect(await readdir(folder)).toEqual(['in.ndjson']);
  });

  it('refuses a missing input and a folder with data of others, and leaves nothing half-written', async () => {
    const input = await file('in.ndjson', asBundles);
    await expect(run([join(folder, 'missing.ndjson')])).rejects.toMatchObject({ code: 'DEIDENTIFY_INPUT_MISSING' });
    await expect(run([input], '.')).rejects.toMatchObject({ code: 'DEIDENTIFY_OUTPUT_NOT_EMPTY' });
    expect(await readFile(input, 'utf8')).toBe(asBundles);
    await run([input]);
    const before = await readdir(join(folder, 'out'));
    await run([input]); // an earlier run of ours is replaced
    expect(await readdir(join(folder, 'out'))).toEqual(before);
    await writeFile(join(folder, 'out', 'report.json'), '{}');
    await expect(run([input])).rejects.toMatchObject({ code: 'DEIDENTIFY_OUTPUT_NOT_EMPTY' });
  });
});
