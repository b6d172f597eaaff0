import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTables, requirePlainTarget, TABLE_FORMATS, tableFormat, writingTo } from '@aceso/deidentification';
import { requestedViews } from '@aceso/deidentification/own-views';
import {
  checkView,
  DeidentificationError,
  parseView,
  POLICIES,
  policyNamed,
  scopeOfPolicy,
  SHIPPED_VIEWS,
  shippedView,
  viewInWords,
  type ViewDefinition,
} from '@aceso/deidentification/domain';
import type { Command } from 'commander';

interface Options {
  readonly view: readonly string[];
  readonly in: readonly string[];
  readonly out: string;
  readonly format: string;
  readonly policy?: string;
  readonly json?: boolean;
}

/** `aceso views`: tables from FHIR files by SQL-on-FHIR views; `aceso check-views`: whether a request may bring them. */
export function registerViews(program: Command): void {
  program
    .command('views')
    .description('make flat tables of FHIR R4 files by SQL-on-FHIR ViewDefinitions')
    .requiredOption(
      '--view <view...>',
      `ViewDefinition files, or of ${SHIPPED_VIEWS.map(({ name }) => name).join(', ')}`,
    )
    .requiredOption('--in <file...>', 'NDJSON of resources or Bundles; also gzip')
    .requiredOption('--out <folder>', 'where the tables go: <name of the view>.<format>')
    .option('--format <format>', `one of ${TABLE_FORMATS.join(', ')}`, TABLE_FORMATS[0])
    .option(
      '--policy <policy>',
      `refuse what this policy never lets out: ${POLICIES.map(({ name }) => name).join(', ')}`,
    )
    .option('--json', 'print the report as one line of JSON')
    .action(views);
  program
    .command('check-views')
    .description('check ViewDefinitions of your own as a request checks them, and say them as patients will read them')
    .requiredOption('--view <file...>', 'ViewDefinition files')
    .requiredOption('--fields <type...>', 'FHIR resource types of the request')
    .option('--policy <policy>', 'policy of the request', 'expert-1')
    .option('--json', 'print the sentences as one line of JSON')
    .action(checkViews);
}

interface CheckOptions {
  readonly view: readonly string[];
  readonly fields: readonly string[];
  readonly policy: string;
  readonly json?: boolean;
}

async function checkViews({ view, fields, policy, json }: CheckOptions): Promise<void> {
  const texts = await Promise.all(view.map(readText));
  const checked = await requestedViews(texts, { policy: policyNamed(policy), fields });
  const sentences = checked.map((one) => viewInWords(one.view));
  process.stdout.write(json ? `${JSON.stringify(sentences)}\n` : sentences.map((one) => `${one}\n`).join(''));
}

async function views(options: Options): Promise<void> {
  const started = process.hrtime.bigint();
  const definitions = await Promise.all(options.view.map((nameOrFile) => readView(nameOrFile, options.policy)));
  const format = tableFormat(options.format);
  const report = await writingTo(options.out, async () => {
    for (const { name } of definitions) await requirePlainTarget(join(options.out, `${name}.${format}`));
    return makeTables({ views: definitions, files: options.in, outFolder: options.out, format });
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  for (const { file, rows, columns, libraryPaths } of report.tables) {
    process.stderr.write(`${file}: ${rows} rows, ${columns.length} columns\n`);
    for (const place of libraryPaths)
      process.stderr.write(`  slow path, evaluated by the FHIRPath library: ${place}\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ ...report, seconds, peakRssMiB })}\n`);
}

async function readView(nameOrFile: string, policy: string | undefined): Promise<ViewDefinition> {
  const shipped = SHIPPED_VIEWS.find(({ name }) => name === nameOrFile);
  if (shipped === undefined && !nameOrFile.includes('.')) return shippedView(nameOrFile);
  const document = shipped ?? (await readDocument(nameOrFile));
  return policy === undefined ? parseView(document) : checkView(document, scopeOfPolicy(policyNamed(policy)));
}

async function readDocument(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readText(file)) as unknown;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): DeidentificationError {
  if (cause instanceof DeidentificationError) return cause;
  return new DeidentificationError('VIEW_MALFORMED', `the view file is not readable JSON: ${file}`, { cause });
}
