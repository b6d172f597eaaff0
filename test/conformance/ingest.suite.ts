import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { addProvider, startStandaloneRegister, type StandaloneRegister } from '@aceso/register/testing';
import { badInput, type BadFile } from './ingest.corpus';
import { countFile, differences } from './ingest.count';
import type { ConformanceCase, ConformanceSuite } from './suite';

/** Folders whose every file is sent as a provider would send it. */
const FOLDERS = [
  'fhir-r4-synthea',
  'fhir-r4ballot-synthea',
  'fhir-r4-official-examples',
  'fhir-test-cases-validator',
] as const;

/** Nothing of a conformance run has to survive a crash. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && extname(entry.name) !== '.tsv')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Sends a file and compares what the register says with an independent count of the same file. */
async function ingestFile(register: StandaloneRegister, provider: Provider, file: Uint8Array): Promise<string[]> {
  const ingest = await register.kit.ingest(provider, file);
  if (ingest.totals === null) return [`it ended as ${ingest.state} ${ingest.reason ?? ''}`];
  const findings = await register.kit.findings(provider, ingest.id);
  return differences(countFile(file), { totals: ingest.totals, findings });
}

type Provider = Awaited<ReturnType<typeof addProvider>>;

async function outcome(name: string, run: () => Promise<string[]>): Promise<ConformanceCase> {
  try {
    const wrong = await run();
    return wrong.length === 0
      ? { case: name, outcome: 'passed' }
      : { case: name, outcome: 'failed', reason: wrong.join('; ') };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    return { case: name, outcome: 'failed', reason };
  }
}

async function* folderCases(register: StandaloneRegister, dataDir: string): AsyncGenerator<ConformanceCase> {
  for (const name of FOLDERS) {
    const folder = join(dataDir, name);
    if (!existsSync(folder)) {
      yield { case: name, outcome: 'skipped', reason: 'the folder is not there' };
      continue;
    }
    const provider = await addProvider(register);
    for (const path of filesOf(folder)) {
      const file = readFileSync(path);
      if (file.length === 0) yield { case: relative(dataDir, path), outcome: 'skipped', reason: 'an empty file' };
      else yield await outcome(relative(dataDir, path), () => ingestFile(register, provider, file));
    }
  }
}

async function badFileCase(register: StandaloneRegister, { name, file, expected }: BadFile): Promise<ConformanceCase> {
  return outcome(`bad input: ${name}`, async () => {
    const provider = await addProvider(register);
    const ingest = await register.kit.ingest(provider, file);
    const findings = await register.kit.findings(provider, ingest.id);
    const named = findings.map(({ line, entry, code }) => `${line}.${entry ?? 0} ${code}`).join(', ');
    const { accepted } = ingest.totals?.resources ?? { accepted: -1 };
    return [
      ...(accepted === expected.accepted ? [] : [`${accepted} resources landed, expected ${expected.accepted}`]),
      ...(named === expected.named.join(', ') ? [] : [`named ${named}, expected ${expected.named.join(', ')}`]),
      ...(JSON.stringify(findings).includes(BadContent) ? ['content stands in the report'] : []),
    ];
  });
}

/** A name that every hostile line carries: it must appear nowhere. */
const BadContent = 'Quackenbush';

async function* run(dataDir: string): AsyncGenerator<ConformanceCase> {
  const register = await startStandaloneRegister(SETTINGS);
  try {
    for (const file of badInput(BadContent)) yield await badFileCase(register, file);
    yield* folderCases(register, dataDir);
  } finally {
    await register.stop();
  }
}

/** Other people's FHIR and our own bad input: no crash, totals that add up, malformed lines named. */
export const ingestSuite: ConformanceSuite = { name: 'ingest', run };
