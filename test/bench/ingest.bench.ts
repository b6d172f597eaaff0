import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { addProvider, startStandaloneRegister, type StandaloneRegister } from '@aceso/register/testing';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Bench, BenchFigure } from './bench';

const DATA = join(process.cwd(), '../shared/data/fhir-r4-synthea');
const MEGABYTE = 1e6;
const MEBIBYTE = 1024 * 1024;
const GENERATED_PATIENTS = 150;
const COPY_CHUNK_BYTES = 65_536;

/** Whole records, a Bundle a line, as files: other people's where they are at hand, else our own generator's. */
function readFiles(): Uint8Array[] {
  if (existsSync(DATA)) {
    const names = readdirSync(DATA, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ndjson.gz'),
    );
    return names.sort().map((name) => readFileSync(join(DATA, name)));
  }
  process.stderr.write('ingest: ../shared/data is absent, measured on generated patients\n');
  const people = generatePopulation({ seed: 7, patients: GENERATED_PATIENTS, asOf: '2019-05-31' });
  const lines = [...people].flatMap((records) => records.map(({ bundle }) => `${JSON.stringify(bundle)}\n`));
  return [Buffer.from(lines.join(''))];
}

function unpack(file: Uint8Array): Buffer {
  return file[0] === 0x1f ? gunzipSync(file) : Buffer.from(file);
}

/** The limit: one connection copies the raw lines as text into the same server; escaping is not counted. */
async function copyRaw({ ownerUrl }: StandaloneRegister, files: readonly Uint8Array[]): Promise<number> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query('create table raw_line (line text not null)');
  let seconds = 0;
  for (const file of files) {
    const text = Buffer.from(unpack(file).toString('latin1').replaceAll('\\', '\\\\'), 'latin1');
    const start = performance.now();
    const stream = client.query(copyFrom('copy raw_line from stdin'));
    for (let at = 0; at < text.length; at += COPY_CHUNK_BYTES) {
      if (!stream.write(text.subarray(at, at + COPY_CHUNK_BYTES))) await new Promise((go) => stream.once('drain', go));
    }
    await new Promise((go, fail) => stream.on('finish', go).on('error', fail).end());
    seconds += (performance.now() - start) / 1000;
  }
  await client.query('drop table raw_line');
  await client.end();
  return seconds;
}

/** Upload, staging and ingestion of every file, one after the other; the ingest itself uses what cores there are. */
async function ingest({ kit, ownerQuery }: StandaloneRegister, files: readonly Uint8Array[]): Promise<number> {
  const provider = await addProvider({ ownerQuery });
  const start = performance.now();
  let accepted = 0;
  for (const file of files) accepted += (await kit.ingest(provider, file)).totals?.resources.accepted ?? 0;
  const seconds = (performance.now() - start) / 1000;
  process.stderr.write(`ingest: ${accepted} resources accepted, ${Math.round(accepted / seconds)} per second\n`);
  return seconds;
}

async function run(): Promise<BenchFigure> {
  const files = readFiles();
  const megabytes = files.reduce((sum, file) => sum + unpack(file).length, 0) / MEGABYTE;
  const register = await startStandaloneRegister({});
  try {
    // Around the ingest on both sides, so that noise of the machine falls on both alike.
    const before = await copyRaw(register, files);
    const rssBefore = rssMiB();
    const seconds = await ingest(register, files);
    const after = await copyRaw(register, files);
    process.stderr.write(
      `ingest: ${files.length} files, ${megabytes.toFixed(0)} MB raw, peak RSS ${rssBefore} MiB before and ${rssMiB()} MiB after\n`,
    );
    return { value: megabytes / seconds, unit: 'MB/s', baseline: megabytes / ((before + after) / 2) };
  } finally {
    await register.stop();
  }
}

const rssMiB = (): number => Math.round((process.resourceUsage().maxRSS * 1024) / MEBIBYTE);

/** MB of raw lines per wall second into sealed segments, against one-connection COPY of the same lines as text. */
export const ingestBench: Bench = { name: 'ingest', run };
