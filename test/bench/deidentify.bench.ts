import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compileProjector, policyNamed, RegisterRows } from '@aceso/deidentification';
import { salePseudonyms } from '@aceso/deidentification/domain';
import { EmissionThreads, personTask, transferOf, type PersonTask } from '@aceso/extraction';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { asId } from '@aceso/kernel';
import { aheadOf, hmacSha256, inOrder, ThreadPool } from '@aceso/platform/threads';
import type { ReadText } from '@aceso/register';
import type { Bench, BenchFigure } from './bench';

type Resource = { readonly resourceType: string; readonly id: string };
type Members = { readonly [member: string]: unknown };
type Bundle = { readonly entry: readonly { readonly resource: Resource }[] };

const DATA = join(process.cwd(), '../shared/data/fhir-r4-synthea/gen-2019-05-31');
const RECORD_DATE = '2019-05-31';
const ROUNDS = 4;
const LINES_MAX = 150;
const MEGABYTE = 1e6;

/** Whole records, a Bundle a line: other people's where they are at hand, else our own generator's. */
function readLines(): string[] {
  if (!existsSync(DATA)) {
    process.stderr.write('deidentify: ../shared/data is absent, measured on generated patients\n');
    const people = generatePopulation({ seed: 7, patients: LINES_MAX, asOf: RECORD_DATE });
    return [...people].flatMap((records) => records.map(({ bundle }) => JSON.stringify(bundle)));
  }
  const parts = readdirSync(DATA).filter((name) => name.startsWith('part-'));
  const lines = parts.flatMap((name) =>
    gunzipSync(readFileSync(join(DATA, name)))
      .toString('utf8')
      .split('\n'),
  );
  return lines
    .filter((line) => line !== '')
    .filter((_, index) => index % 3 === 0)
    .slice(0, LINES_MAX);
}

/** The limit of an engine with an object model: every line parsed and written again. */
function parseAndStringify(lines: readonly string[]): number {
  let bytes = 0;
  for (const line of lines) {
    for (const { resource } of (JSON.parse(line) as Bundle).entry) bytes += JSON.stringify(resource).length;
  }
  return bytes;
}

/** Parse, project every resource of the person under a fresh sale key, write the rows. */
function deidentify(lines: readonly string[], round: number): { resources: number; rows: number; bytes: number } {
  const sale = { saleKey: Buffer.alloc(32, round), hmacSha256, asOf: RECORD_DATE };
  const projector = compileProjector(policyNamed('expert-1'), {
    ...sale,
    generalisation: { ageBandYears: 10, location: 'none', race: 'none', ethnicity: 'none' },
  });
  const pseudonymise = salePseudonyms(sale);
  const total = { resources: 0, rows: 0, bytes: 0 };
  lines.forEach((line, number) => {
    const sourceRecordId = `source-record-${number}`;
    const person = projector.person(`person-${number}`, { rows: new RegisterRows(pseudonymise) });
    const { entry } = JSON.parse(line) as Bundle;
    entry.forEach(({ resource }, at) => projector.note(resource, { sourceRecordId, sequence: 1, line: at }, person));
    entry.forEach(({ resource }, at) => {
      const projected = projector.project(
        resource as unknown as Members,
        { sourceRecordId, sequence: 1, line: at },
        person,
      );
      total.resources += 1;
      if (!projected) return;
      total.rows += 1;
      total.bytes += JSON.stringify(projected.row).length;
    });
  });
  return total;
}

function secondsOf(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function run(): Promise<BenchFigure> {
  const lines = readLines();
  const megabytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / MEGABYTE;
  const [limits, ours]: [number[], number[]] = [[], []];
  let total = { resources: 0, rows: 0, bytes: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    // Alternating, so that noise of the machine falls on both alike; the first round only warms up.
    const limit = secondsOf(() => parseAndStringify(lines));
    const own = secondsOf(() => (total = deidentify(lines, round)));
    if (round === 0) continue;
    limits.push(limit);
    ours.push(own);
  }
  const seconds = median(ours);
  process.stderr.write(
    `deidentify: ${lines.length} lines, ${total.resources} resources, ${total.rows} rows of ${(total.bytes / MEGABYTE).toFixed(1)} MB, ` +
      `${Math.round(total.resources / seconds)} resources per CPU second\n`,
  );
  const [one, two] = await threadSeconds(lines);
  const [alone, together] = await limitSeconds(lines);
  return {
    value: megabytes / seconds,
    unit: 'MB/s',
    baseline: megabytes / median(limits),
    more: [
      { name: 'two-threads', value: megabytes / two!, unit: 'MB/s', baseline: megabytes / one! },
      // What the machine gives two threads that share nothing: no more can be asked of those of a sale.
      { name: 'two-threads-limit', value: (2 * megabytes) / together!, unit: 'MB/s', baseline: megabytes / alone! },
    ],
  };
}

const THREADS = [1, 2] as const;
const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Each record is taken so often, by persons of its own: of few persons the last one's thread is left alone for long. */
const COPIES = 2;

/** Whole persons as the register hands them to the threads of a sale. */
function personsOf(lines: readonly string[]): { person: PersonTask['person']; texts: ReadText[] }[] {
  return Array.from({ length: COPIES }, () => lines)
    .flat()
    .map((line, number) => {
      const sourceRecordId = asId<'SourceRecord'>(uuid(number));
      const texts = (JSON.parse(line) as Bundle).entry.map(({ resource }, at) => ({
        text: Buffer.from(JSON.stringify(resource)),
        position: { sourceRecordId, sequence: 1, line: at + 1 },
      }));
      const attributes = { age: 40, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null } as const;
      return { person: { personId: asId<'Person'>(uuid(number)), shiftDays: 40, attributes }, texts };
    });
}

/**
 * Seconds by the clock, fastest of the rounds, for each number of threads, over the way that the emission of a sale takes. The
 * bytes that come out are the same, or it throws.
 */
async function threadSeconds(lines: readonly string[]): Promise<number[]> {
  const persons = personsOf(lines);
  const policy = policyNamed('expert-1');
  const sale = {
    ...{ policy, saleKey: Buffer.alloc(32, 1), asOf: RECORD_DATE, displays: new Map<string, string>() },
    generalisation: { ageBandYears: 10, location: 'none', race: 'none', ethnicity: 'none' },
    fields: Object.keys(policy.resources),
  } as const;
  const pools = THREADS.map((threads) => new EmissionThreads(threads));
  const fastest = THREADS.map(() => Infinity);
  const digests = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, pool] of pools.entries()) {
      const job = pool.open(sale);
      const written: Uint8Array[] = [];
      const started = performance.now();
      const emitted = inOrder(persons, aheadOf(pool.threads), async ({ person, texts }) => {
        const task = await personTask(person, texts);
        if (!task) throw new Error('a record of the bench is longer than what a thread is given');
        return job.run(task, transferOf(task));
      });
      for await (const { texts } of emitted) written.push(...texts.map(({ text }) => text));
      fastest[index] = Math.min(fastest[index]!, (performance.now() - started) / 1000 / COPIES);
      job.end();
      const hash = createHash('sha256');
      for (const text of written) hash.update(text);
      digests.add(hash.digest('hex'));
    }
  }
  for (const pool of pools) await pool.onModuleDestroy();
  if (digests.size !== 1) throw new Error('the number of threads changes the bytes');
  return fastest;
}

/** The same for threads that do nothing but parse the lines and write them again, each all of them. */
async function limitSeconds(lines: readonly string[]): Promise<number[]> {
  const pools = THREADS.map((threads) => new ThreadPool(join(__dirname, 'parse-limit.thread.js'), threads));
  const fastest = THREADS.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, pool] of pools.entries()) {
      const job = pool.open<readonly string[], null, number>(lines);
      await Promise.all(Array.from({ length: pool.threads }, () => job.run(null))); // the lines are sent by then
      const started = performance.now();
      await Promise.all(Array.from({ length: pool.threads }, () => job.run(null)));
      fastest[index] = Math.min(fastest[index]!, (performance.now() - started) / 1000);
      job.end();
    }
  }
  for (const pool of pools) await pool.close();
  return fastest;
}

/**
 * MB of raw lines per CPU second through parse, projection and writing, against parse and writing alone; and MB per second
 * of two threads of a sale against one.
 */
export const deidentifyBench: Bench = { name: 'deidentify', run };
