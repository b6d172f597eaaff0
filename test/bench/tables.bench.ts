import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { makeTables, openTable } from '@aceso/deidentification';
import { parseView } from '@aceso/deidentification/domain';
import { generatePopulation } from '@aceso/fhir/synthetic';
import type { Bench, BenchFigure } from './bench';

type Bundle = { readonly entry: readonly { readonly resource: { readonly resourceType: string } }[] };

const DATA = join(process.cwd(), '../shared/data/fhir-r4-synthea/gen-2019-05-31');
const RECORD_DATE = '2019-05-31';
const GENERATED_PATIENTS = 150;
const LINES_MAX = 100_000;
const ROUNDS = 4;
const MEGABYTE = 1e6;

/** So many times the lines must not need more memory. */
const TIMES = 10;

const TYPED_ROWS = 400_000;
/** What the appender must keep, rows a second. */
const ROWS_PER_SECOND_MIN = 200_000;

/** Five columns, as a researcher would choose them. */
const VIEW_DOCUMENT = {
  name: 'measurements',
  resource: 'Observation',
  select: [
    {
      column: [
        { name: 'id', path: 'getResourceKey()', type: 'string' },
        { name: 'person_id', path: 'subject.getReferenceKey(Patient)', type: 'string' },
        { name: 'code', path: 'code.coding.first().code', type: 'code' },
        { name: 'value', path: 'value.ofType(Quantity).value', type: 'decimal' },
        { name: 'effective', path: 'effective.ofType(dateTime)', type: 'dateTime' },
      ],
    },
  ],
};
const VIEW = parseView(VIEW_DOCUMENT);
const COLUMNS = VIEW.select[0]!.columns;

/** Observations, one a line: other people's where they are at hand, else our own generator's. */
function readLines(): string[] {
  const bundles = existsSync(DATA) ? storedBundles() : generatedBundles();
  const resources = bundles.flatMap(({ entry }) => entry.map(({ resource }) => resource));
  return resources
    .filter(({ resourceType }) => resourceType === 'Observation')
    .slice(0, LINES_MAX)
    .map((resource) => JSON.stringify(resource));
}

function storedBundles(): Bundle[] {
  const parts = readdirSync(DATA).filter((name) => name.startsWith('part-'));
  const texts = parts.map((name) => gunzipSync(readFileSync(join(DATA, name))).toString('utf8'));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Bundle),
  );
}

function generatedBundles(): Bundle[] {
  process.stderr.write('tables: ../shared/data is absent, measured on generated patients\n');
  const people = generatePopulation({ seed: 7, patients: GENERATED_PATIENTS, asOf: RECORD_DATE });
  return [...people].flatMap((records) => records.map(({ bundle }) => bundle as unknown as Bundle));
}

/** Rows a second, wall, from typed cells to a finished file. */
async function appendRows(path: string): Promise<number> {
  const rows = Array.from({ length: 1_000 }, (_, at) => [
    at.toString(16).padStart(32, '0'),
    (at >> 5).toString(16).padStart(32, '0'),
    `code-${at % 100}`,
    at / 10,
    `2019-01-${10 + (at % 20)}`,
  ]);
  const begun = performance.now();
  const table = await openTable('parquet', { columns: COLUMNS, path });
  for (let at = 0; at < TYPED_ROWS; at += 1) table.add(rows[at % rows.length]!);
  await table.finish();
  return (TYPED_ROWS * 1_000) / (performance.now() - begun);
}

async function cpuSecondsOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Peak of memory, MB, of a process that makes the table of the lines so many times. */
async function memoryOf(input: string, times: number, folder: string): Promise<number> {
  const args = [JSON.stringify(VIEW_DOCUMENT), input, String(times), join(folder, `times-${times}`)];
  const { stdout } = await promisify(execFile)(process.execPath, [join(__dirname, 'tables.memory.js'), ...args]);
  return Number(stdout);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function run(): Promise<BenchFigure> {
  const folder = mkdtempSync(join(tmpdir(), 'aceso-bench-'));
  try {
    const lines = readLines();
    const input = join(folder, 'observations.ndjson');
    writeFileSync(input, `${lines.join('\n')}\n`);
    const megabytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / MEGABYTE;
    const [appended, parsed, made]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Alternating, so that noise of the machine falls on all alike; the first round only warms up.
      const rate = await appendRows(join(folder, `typed-${round}.parquet`));
      const parse = await cpuSecondsOf(() => lines.forEach((line) => JSON.parse(line) as unknown));
      const tables = { views: [VIEW], files: [input], outFolder: join(folder, 'out'), format: 'parquet' } as const;
      const make = await cpuSecondsOf(() => makeTables(tables));
      if (round === 0) continue;
      appended.push(rate);
      parsed.push(parse);
      made.push(make);
    }
    process.stderr.write(
      `tables: ${lines.length} lines of ${megabytes.toFixed(1)} MB, ` +
        `${Math.round(lines.length / median(made))} rows per CPU second from NDJSON\n`,
    );
    const [once, often] = [await memoryOf(input, 1, folder), await memoryOf(input, TIMES, folder)];
    return {
      value: median(appended),
      unit: 'rows/s',
      baseline: ROWS_PER_SECOND_MIN,
      more: [
        { name: 'ndjson', value: megabytes / median(made), unit: 'MB/s', baseline: megabytes / median(parsed) },
        { name: 'memory', value: often, unit: 'MB', baseline: once },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Five columns to Parquet: from typed rows against what must be kept, and MB of NDJSON per CPU second (reading, parsing,
 * projecting, writing) against `JSON.parse` of the same lines alone; the memory that ten times the lines need against that of once.
 */
export const tablesBench: Bench = { name: 'tables', run };
