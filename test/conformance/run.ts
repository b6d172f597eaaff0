import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cohortSuite } from './cohort.suite';
import { consentSuite } from './consent.suite';
import { deidSuite } from './deid.suite';
import { duoSuite } from './duo.suite';
import { ingestSuite } from './ingest.suite';
import { leaksSuite } from './leaks.suite';
import { ledgerSuite } from './ledger.suite';
import { passkeySuite } from './passkey.suite';
import { sqlOnFhirSuite } from './sql-on-fhir.suite';
import type { ConformanceSuite } from './suite';

/**
 * `npm run conformance -- [suite...] [--data DIR] [--json]`: runs other people's test data against Aceso, and what a browser's passkeys signed.
 * Exit 1 when a case failed, or when a suite that was asked for by name ran no case.
 */
const SUITES: readonly ConformanceSuite[] = [
  ledgerSuite,
  ingestSuite,
  deidSuite,
  sqlOnFhirSuite,
  leaksSuite,
  passkeySuite,
  consentSuite,
  duoSuite,
  cohortSuite,
];
const REASONS_SHOWN_MAX = 20;

interface SuiteResult {
  readonly name: string;
  passed: number;
  failed: number;
  skipped: number;
  readonly reasons: string[];
  readonly notes: string[];
}

async function runSuite(suite: ConformanceSuite, dataDir: string): Promise<SuiteResult> {
  const result: SuiteResult = { name: suite.name, passed: 0, failed: 0, skipped: 0, reasons: [], notes: [] };
  for await (const { case: name, outcome, reason, note } of suite.run(dataDir)) {
    result[outcome] += 1;
    if (note !== undefined) result.notes.push(note);
    if (outcome !== 'passed' && result.reasons.length < REASONS_SHOWN_MAX) {
      result.reasons.push(`${outcome}: ${name}: ${reason ?? 'no reason given'}`);
    }
  }
  return result;
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string', default: '../shared/data' }, json: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `unknown suite ${unknown.join(', ')}; there are: ${SUITES.map((suite) => suite.name).join(', ')}\n`,
    );
    return 1;
  }
  const chosen = SUITES.filter((suite) => positionals.length === 0 || positionals.includes(suite.name));
  const suites: SuiteResult[] = [];
  for (const suite of chosen) {
    const result = await runSuite(suite, resolve(values.data));
    suites.push(result);
    process.stderr.write(
      `${result.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped\n`,
    );
    for (const line of [...result.notes, ...result.reasons]) process.stderr.write(`  ${line}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ suites })}\n`);
  const namedButEmpty = suites.some(({ name, passed, failed }) => positionals.includes(name) && passed + failed === 0);
  return suites.some(({ failed }) => failed > 0) || namedButEmpty ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(
      `conformance ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exit(1);
  },
);
