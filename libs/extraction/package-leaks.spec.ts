import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import type { FhirResource } from '@aceso/fhir';
import { FolderBlobStore } from '@aceso/platform';
import { COUNTS_SQL } from './domain/descriptors';
import { releasedPackage, type ReleasedPackage } from './testing/released-package';

/**
 * Whole packages of records that nobody here wrote: tables, dictionary, descriptors, starters and pages are searched for
 * what names their persons. The data lies beside the repository (../shared/data); without it the tests are skipped.
 */
const FILE = join(process.cwd(), '../shared/data/fhir-r4-synthea/gen-2019-05-31/part-003.ndjson.gz');
const PATIENTS = 40;
const present = existsSync(FILE);
if (!present) process.stderr.write('the leak test on whole packages is skipped: ../shared/data is absent\n');

function readRecords(): FhirResource[][] {
  const lines = gunzipSync(readFileSync(FILE)).toString('utf8').split('\n').slice(0, PATIENTS);
  return lines.map((line) =>
    (JSON.parse(line) as { entry: { resource: FhirResource }[] }).entry.map(({ resource }) => resource),
  );
}

/** Elements whose texts name a person, a carer, a place or a device. */
const SECRET =
  /(^|\.)(id|fullUrl|family|given|line|city|postalCode|serialNumber|lotNumber|distinctIdentifier|uid|data|div|valueString)$|identifier\.value$|telecom\.value$|(individual|provider|serviceProvider|organization)\.display$/;
/** US Core race and ethnicity, which leave as categories. */
const CATEGORY = /^extension\.extension\.valueString$/;
/** Shorter texts are words and codes by chance. */
const SECRET_LENGTH_MIN = 5;
/** What a release never holds: times of day, but for the day of the release. */
const TIME = /(?<!\d)\d{2}:\d{2}:\d{2}(?!\d)/g;

/** 128 bits and more in hexadecimal hold short digits of anything by chance. */
const PSEUDONYM = /[0-9a-f]{32,64}/g;
const IS_WORD = /[\p{L}\p{N}]/u;

function holdsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1))
    if (!IS_WORD.test(text[at - 1] ?? ' ') && !IS_WORD.test(text[at + word.length] ?? ' ')) return true;
  return false;
}

function* secretsOf(value: unknown, path = ''): Generator<string> {
  if (Array.isArray(value)) for (const one of value) yield* secretsOf(one, path);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* secretsOf(inner, path === '' ? name : `${path}.${name}`);
  else if (typeof value === 'string' && value.length >= SECRET_LENGTH_MIN && SECRET.test(path) && !CATEGORY.test(path))
    yield value;
}

(present ? describe : describe.skip)('a package of real records', () => {
  let root: string;
  let blobs: FolderBlobStore;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'aceso-leaks-'));
    blobs = new FolderBlobStore(join(root, 'blobs'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  const records = present ? readRecords() : [];

  /** Cells of the tables, and the counts that the starters ask for. */
  async function query({ described, files, texts }: ReleasedPackage) {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
    try {
      let schema = texts.get('schema.sql')!;
      const cells = new Map<string, string>();
      for (const { file } of described.tables) {
        const path = join(root, 'blobs', 'stored', files.find(({ name }) => name === file)!.blobKey);
        const values = (await rows(`select * from read_parquet('${path}')`)).flatMap((row) => Object.values(row));
        cells.set(file, [...new Set(values.map((value) => String(value).replace(PSEUDONYM, '')))].join('\n'));
        schema = schema.replace(`'${file}'`, `'${path}'`);
      }
      await connection.run(schema);
      return { cells, counts: await rows(COUNTS_SQL) };
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }

  it.each(['expert-1', 'safe-harbor', 'minimal'])(
    'under %s names nobody in any file and reproduces its counts',
    async (policyName) => {
      const made = await releasedPackage(blobs, records, {
        folder: `extraction/${policyName}`,
        workFolder: join(root, policyName),
        policyName,
      });
      const { cells, counts } = await query(made);
      expect(counts.length).toBeGreaterThan(4);
      for (const one of counts) {
        expect([one['rows'], one['persons']]).toEqual([String(one['rows_released']), String(one['persons_released'])]);
      }
      const secrets = [...new Set(records.flatMap((record) => [...secretsOf(record)]))];
      expect(secrets.length).toBeGreaterThan(5_000);
      const found = [...cells, ...made.texts].flatMap(([name, text]) => {
        const folded = text.replace(PSEUDONYM, '').toLowerCase();
        const leaks = secrets.filter((secret) => holdsWord(folded, secret.replace(/^urn:uuid:/, '').toLowerCase()));
        const times = (text.match(TIME) ?? []).filter((time) => time !== '00:00:00');
        return leaks.length + times.length === 0 ? [] : [{ name, leaks: leaks.length, times: times.length }];
      });
      expect(found).toEqual([]);
    },
    60_000,
  );
});
