import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Option, type Command } from 'commander';
import { AcesoClient, waitFor } from './demo/aceso-client';
import { PartyClient } from './demo/party-client';
import { readSeed, webAddress } from './key-file';
import { omopResources } from './omop-files';

interface Options {
  readonly providerKey: string;
  readonly url: string;
  readonly invitation?: string;
  readonly reports?: string;
  readonly format: 'fhir' | 'omop';
  readonly json?: boolean;
}

const VERDICTS = ['accepted', 'unchanged', 'quarantined', 'refused'] as const;
type Totals = { readonly [verdict in (typeof VERDICTS)[number]]: number };

interface Ingest {
  readonly state: 'ACCEPTED' | 'RUNNING' | 'DONE' | 'FAILED';
  readonly reason: string | null;
  readonly resources: Totals | null;
  readonly lines: Totals | null;
  readonly reportUrl: string | null;
}

/** Files that a folder is searched for; what they hold is sniffed by the register. */
const DATA_FILE = /\.(?:ndjson|jsonl|json)(?:\.gz)?$/i;
const TOTALS = VERDICTS.join(' ');

/** `aceso ingest`: sends files to a running instance as any provider would, over its public API. */
export function registerIngest(program: Command): void {
  program
    .command('ingest')
    .description(
      'send FHIR R4 files or folders to a running instance: NDJSON, Bundles, gzip of these; or OMOP tables, which become FHIR on the way',
    )
    .requiredOption('--provider-key <file>', 'secret seed of the provider: 64 hexadecimal digits or 32 raw bytes')
    .option('--url <url>', 'address of the instance', webAddress, 'http://localhost:3000')
    .option('--invitation <code>', 'register the key first, with this one-time code')
    .addOption(
      new Option('--format <format>', 'what the files are: FHIR R4, or folders of OMOP CDM 5.x tables (CSV)')
        .choices(['fhir', 'omop'])
        .default('fhir'),
    )
    .option('--reports <folder>', 'save the report of each file there')
    .option('--json', 'print the totals as one line of JSON')
    .argument('<path...>', 'files, or folders of *.ndjson, *.json and their .gz')
    .action(ingest);
}

async function ingest(paths: readonly string[], options: Options): Promise<void> {
  if (options.format === 'fhir') return send((await Promise.all(paths.map(dataFiles))).flat(), options);
  // Records in clear on the provider's own machine: only its user reads them, and they go when they were sent.
  const folder = await mkdtemp(join(tmpdir(), 'aceso-omop-'));
  try {
    const files: string[] = [];
    for (const [at, path] of paths.entries()) {
      const file = join(folder, `${at + 1}-${basename(path)}.ndjson.gz`);
      await pipeline(lines(omopResources(path)), createGzip(), createWriteStream(file, { mode: 0o600 }));
      files.push(file);
    }
    await send(files, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* lines(resources: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const resource of resources) yield `${JSON.stringify(resource)}\n`;
}

async function send(files: readonly string[], options: Options): Promise<void> {
  const client = await AcesoClient.connect(options.url);
  const provider = new PartyClient('provider', 'provider', client, await readSeed(options.providerKey, 'provider key'));
  if (options.invitation !== undefined) await provider.register(options.invitation);
  const results = [];
  for (const file of files) {
    const result = await ingestFile(client, provider, file);
    process.stderr.write(`${describe(file, result)}\n`);
    if (options.reports !== undefined && result.reportUrl !== null) {
      await saveReport({ client, provider, folder: options.reports }, file, result.reportUrl);
    }
    results.push({
      file,
      state: result.state,
      reason: result.reason,
      resources: result.resources,
      lines: result.lines,
    });
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ files: results })}\n`);
  if (results.some(({ state }) => state === 'FAILED')) process.exitCode = 1;
}

async function ingestFile(client: AcesoClient, provider: PartyClient, file: string): Promise<Ingest> {
  const { size } = await stat(file);
  const { openUpload: upload } = await provider.run<{ openUpload: { id: string; putUrl: string } }>(
    'mutation($input: OpenUploadInput!) { openUpload(input: $input) { id putUrl } }',
    { input: { bytes: size, idempotencyKey: randomUUID() } },
  );
  await client.put(upload.putUrl, file, provider.authorize);
  const { startIngest } = await provider.run<{ startIngest: { id: string } }>(
    'mutation($id: ID!, $key: String!) { startIngest(uploadId: $id, idempotencyKey: $key) { id } }',
    { id: upload.id, key: randomUUID() },
  );
  return waitFor(`the ingest of ${basename(file)}`, async () => {
    const query = `query($id: ID!) { ingest(id: $id) { state reason reportUrl resources { ${TOTALS} } lines { ${TOTALS} } } }`;
    const answer = await provider.run<{ ingest: Ingest }>(query, { id: startIngest.id });
    return answer.ingest.state === 'DONE' || answer.ingest.state === 'FAILED' ? answer.ingest : undefined;
  });
}

async function saveReport(
  { client, provider, folder }: { client: AcesoClient; provider: PartyClient; folder: string },
  file: string,
  reportUrl: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { body } = await client.get(reportUrl, provider.authorize);
  const target = createWriteStream(join(folder, `${basename(file)}.report.ndjson`));
  // The DOM type of a fetch body and Node's own are the same stream.
  if (body !== null) await pipeline(Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]), target);
}

function describe(file: string, { state, reason, resources }: Ingest): string {
  if (state === 'FAILED' || resources === null) return `${file}: failed, ${reason ?? 'no reason given'}`;
  return `${file}: ${VERDICTS.map((verdict) => `${resources[verdict]} ${verdict}`).join(', ')}`;
}

async function dataFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && DATA_FILE.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}
