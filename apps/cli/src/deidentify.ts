import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { deidentifyFiles, elementsOfR4 } from '@aceso/deidentification';
import { checkPolicy, DeidentificationError, POLICIES, policyNamed, type Policy } from '@aceso/deidentification/domain';
import { applyRulesToFiles, parseFhirPathRules } from '@aceso/deidentification/fhir-path-rules';
import { environment, hmacSha256, Runtime, sha256 } from '@aceso/platform';
import { THREADS_DEFAULT, THREADS_MAX } from '@aceso/platform/threads';
import type { Command } from 'commander';

interface Options {
  readonly in: readonly string[];
  readonly out: string;
  readonly keyFile?: string;
  readonly policy?: string;
  readonly fhirpathRules?: string;
  readonly now?: string;
  readonly threads?: string;
  readonly json?: boolean;
}

/** `aceso deidentify`: the rules of a sale on files, without a register. */
export function registerDeidentify(program: Command): void {
  program
    .command('deidentify')
    .description('de-identify FHIR R4 files offline by the rules of a sale; the output is not a sale')
    .requiredOption('--in <file...>', 'NDJSON of resources or Bundles, or single Bundles; also gzip')
    .requiredOption('--out <folder>', 'where the data files and report.json go')
    .option('--key-file <file>', 'secret key: 64 hexadecimal digits or at least 16 raw bytes; needed with a policy')
    .option(
      '--policy <policy>',
      `one of ${POLICIES.map(({ name }) => name).join(', ')}, or a policy file (default: ${POLICIES[0]!.name})`,
    )
    .option(
      '--fhirpath-rules <file>',
      'compatibility mode: apply a file of fhirPathRules instead; never available to a sale',
    )
    .option('--now <date>', 'record date against which ages and the event window are judged, YYYY-MM-DD')
    .option(
      '--threads <number>',
      `threads that de-identify under a policy, 1 to ${THREADS_MAX} (default: one a core, four at most); the output is the same`,
    )
    .option('--json', 'print the report as one line of JSON')
    .action(deidentify);
}

async function deidentify(options: Options): Promise<void> {
  const started = process.hrtime.bigint();
  const report = await (options.fhirpathRules === undefined ? underPolicy(options) : underRules(options));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...report, seconds, peakRssMiB })}\n`);
}

async function underPolicy(options: Options): Promise<object> {
  if (options.keyFile === undefined) {
    throw new DeidentificationError('DEIDENTIFY_OPTIONS_INVALID', 'a policy needs --key-file FILE');
  }
  const report = await deidentifyFiles({
    ...common(options),
    policy: await readPolicy(options.policy ?? POLICIES[0]!.name),
    key: await readKey(options.keyFile),
    threads: threadsOf(options.threads),
    sha256,
  });
  const { persons, measure } = report;
  process.stderr.write(
    `${persons.released} of ${persons.read} persons, ${measure.rows} rows, smallest class ${measure.classSizeMin} on ` +
      `${measure.attributes.join(', ')}; trajectories unique by diagnoses ` +
      `${(measure.uniqueTrajectories.byDiagnoses * 100).toFixed(1)} %\n${report.notice}\n`,
  );
  return report;
}

async function underRules(options: Options): Promise<object> {
  if (options.policy !== undefined) {
    throw new DeidentificationError('DEIDENTIFY_OPTIONS_INVALID', 'give either --policy or --fhirpath-rules');
  }
  const text = await readFile(options.fhirpathRules!, 'utf8').catch((cause: unknown) => {
    throw new DeidentificationError('DEIDENTIFY_INPUT_MISSING', 'the file of rules cannot be read', { cause });
  });
  const report = await applyRulesToFiles({
    ...common(options),
    configuration: await parseFhirPathRules(text),
    ...(options.keyFile === undefined ? {} : { key: await readKey(options.keyFile) }),
    randomBytes,
  });
  process.stderr.write(
    `${report.written} resources and Bundles written, ${report.refused} lines refused\n${report.notice}\n`,
  );
  return report;
}

function threadsOf(text: string | undefined): number {
  if (text === undefined) return THREADS_DEFAULT;
  const threads = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (threads < 1 || threads > THREADS_MAX) {
    throw new DeidentificationError('DEIDENTIFY_OPTIONS_INVALID', `--threads is a number from 1 to ${THREADS_MAX}`);
  }
  return threads;
}

const common = (options: Options) => ({
  asOf: new Runtime({ recordDate: options.now ?? environment().ACESO_NOW }).recordDate(),
  files: options.in,
  outFolder: options.out,
  hmacSha256,
});

async function readPolicy(nameOrFile: string): Promise<Policy> {
  if (POLICIES.some(({ name }) => name === nameOrFile) || !nameOrFile.includes('.')) return policyNamed(nameOrFile);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(nameOrFile, 'utf8'));
  } catch (cause) {
    throw new DeidentificationError('POLICY_MALFORMED', 'the policy file is not readable JSON', { cause });
  }
  return checkPolicy(value, elementsOfR4);
}

const HEX_KEY = /^[0-9a-f]{64}$/i;
const OTHERS = 0o077;

/** Hexadecimal keys are read as such; every other file is the key itself, byte for byte. */
async function readKey(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new DeidentificationError(
      'DEIDENTIFY_INPUT_MISSING',
      'the key file cannot be read; make one: head -c 32 /dev/urandom > FILE',
      { cause },
    );
  });
  if (((await stat(file)).mode & OTHERS) !== 0)
    process.stderr.write('warning: other users may read the key file (chmod 600)\n');
  const text = bytes.toString('latin1').trim();
  return HEX_KEY.test(text) ? Buffer.from(text, 'hex') : bytes;
}
