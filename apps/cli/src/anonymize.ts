import { readTable, writeRelease } from '@aceso/deidentification';
import {
  anonymise,
  DeidentificationError,
  METRICS,
  releasedRecords,
  type AnonymisationProgress,
  type MetricName,
  type PrivacyModel,
} from '@aceso/deidentification/domain';
import type { Command } from 'commander';

interface Options {
  readonly table: string;
  readonly delimiter: string;
  readonly hierarchies?: string;
  readonly builtIn?: readonly string[];
  readonly qi: string;
  readonly k?: string;
  readonly suppression: string;
  readonly sensitive?: string;
  readonly lDistinct?: string;
  readonly lEntropy?: string;
  readonly lRecursive?: string;
  readonly tEqual?: string;
  readonly tOrdered?: string;
  readonly tHierarchical?: string;
  readonly kMap?: string;
  readonly populationTable?: string;
  readonly metric: MetricName;
  readonly weights?: string;
  readonly timeLimit: string;
  readonly out?: string;
  readonly json?: boolean;
}

const TIME_LIMIT_SECONDS = 600;
const PROGRESS_EVERY_MS = 5_000;

/** `aceso anonymize`: the generalisation of least loss under which a table satisfies its privacy models. */
export function registerAnonymize(program: Command): void {
  program
    .command('anonymize')
    .description('generalise the columns of a table, and suppress records, as little as its privacy models allow')
    .requiredOption('--table <file>', 'CSV with a header, UTF-8')
    .option('--delimiter <character>', 'between columns, in all files', ',')
    .option(
      '--hierarchies <folder>',
      'one *_hierarchy_<column>.csv a column: no header, the value first, then coarser ones',
    )
    .option(
      '--built-in <column=kind...>',
      'hierarchies without a file: age, date, zip, number:WIDTH[:LEVELS], prefix:LENGTH,..., parents:FILE',
    )
    .requiredOption('--qi <columns>', 'quasi-identifiers, separated by commas')
    .option('--k <number>', 'k-anonymity: least records a class')
    .option('--suppression <share>', 'share of the records that may be left out, 0 to 1', '0')
    .option('--sensitive <column>', 'sensitive column of the models below')
    .option('--l-distinct <l>', 'l different sensitive values a class')
    .option('--l-entropy <l>', 'entropy of the sensitive values of a class at least ln l')
    .option('--l-recursive <c,l>', 'recursive (c,l)-diversity')
    .option('--t-equal <t>', 't-closeness, equal distance')
    .option('--t-ordered <t>', 't-closeness, distance by rank')
    .option('--t-hierarchical <t>', 't-closeness, distance along the hierarchy of the sensitive column')
    .option('--k-map <number>', 'k-map: least persons of the population table a class')
    .option('--population-table <file>', 'CSV with the same quasi-identifiers of everybody, the table included')
    .option('--metric <metric>', `what is least: ${METRICS.join(', ')}`, METRICS[0])
    .option('--weights <column=weight,...>', 'weights of columns in the metric; 1 where none is given')
    .option(
      '--time-limit <seconds>',
      'then the best node that was found, marked as not proven',
      `${TIME_LIMIT_SECONDS}`,
    )
    .option('--out <file>', 'CSV of the records that stay: the named columns only, ordered by value')
    .option('--json', 'print the result as one line of JSON')
    .action(anonymize);
}

async function anonymize(options: Options): Promise<void> {
  const started = process.hrtime.bigint();
  const quasiIdentifiers = options.qi.split(',');
  const models = modelsOf(options);
  const { encoded, sensitiveHierarchy } = await readTable({
    table: options.table,
    delimiter: options.delimiter,
    quasiIdentifiers,
    withSensitiveHierarchy: options.tHierarchical !== undefined,
    builtIn: pairsOf(options.builtIn ?? [], '--built-in'),
    ...(options.hierarchies === undefined ? {} : { hierarchies: options.hierarchies }),
    ...(options.sensitive === undefined ? {} : { sensitive: options.sensitive }),
    ...(options.populationTable === undefined ? {} : { populationTable: options.populationTable }),
  });
  const judging = { models, ...(sensitiveHierarchy ? { sensitiveHierarchy } : {}) };
  const before = process.cpuUsage();
  const result = anonymise(encoded, {
    ...judging,
    suppression: numberOf(options.suppression, '--suppression'),
    metric: metricOf(options.metric),
    weights: weightsOf(options.weights, quasiIdentifiers),
    now: () => performance.now(),
    timeLimitMs: numberOf(options.timeLimit, '--time-limit') * 1_000,
    onProgress: progressPrinter(),
  });
  const { user, system } = process.cpuUsage(before);
  if (options.out !== undefined)
    await writeRelease(options.out, {
      header: options.sensitive === undefined ? quasiIdentifiers : [...quasiIdentifiers, options.sensitive],
      delimiter: options.delimiter,
      records: releasedRecords(encoded, result.levels, judging),
    });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { levels, score, suppressed, classes, nodesChecked, optimalProven } = result;
  const named = quasiIdentifiers.map((column, index) => `${column} ${levels[index]}`).join(', ');
  process.stderr.write(
    `levels: ${named}\n${options.metric} ${score}, ${classes} classes, ${suppressed} of ${encoded.records} records suppressed; ` +
      `${optimalProven ? 'optimal' : 'not proven to be optimal: time ran out'}\n`,
  );
  const cpuSeconds = (user + system) / 1e6;
  const line = { levels, score, suppressed, classes, nodesChecked, optimalProven, seconds, cpuSeconds };
  if (options.json) process.stdout.write(`${JSON.stringify(line)}\n`);
}

function modelsOf(options: Options): PrivacyModel[] {
  const models: PrivacyModel[] = [];
  const { k, kMap, lDistinct, lEntropy, lRecursive } = options;
  if (k !== undefined) models.push({ kind: 'k-anonymity', k: numberOf(k, '--k') });
  if (kMap !== undefined) models.push({ kind: 'k-map', k: numberOf(kMap, '--k-map') });
  if (lDistinct !== undefined) models.push({ kind: 'distinct-l', l: numberOf(lDistinct, '--l-distinct') });
  if (lEntropy !== undefined) models.push({ kind: 'entropy-l', l: numberOf(lEntropy, '--l-entropy') });
  if (lRecursive !== undefined) {
    const [c, l] = lRecursive.split(',').map((part) => numberOf(part, '--l-recursive'));
    models.push({ kind: 'recursive-cl', c: c!, l: l ?? NaN });
  }
  for (const distance of ['equal', 'ordered', 'hierarchical'] as const) {
    const t = { equal: options.tEqual, ordered: options.tOrdered, hierarchical: options.tHierarchical }[distance];
    if (t !== undefined) models.push({ kind: 't-closeness', distance, t: numberOf(t, `--t-${distance}`) });
  }
  return models;
}

function numberOf(text: string, option: string): number {
  const number = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(number)) throw invalid(`${option} takes a finite number`);
  return number;
}

function metricOf(metric: string): MetricName {
  const known = METRICS.find((name) => name === metric);
  if (!known) throw invalid(`--metric is one of ${METRICS.join(', ')}`);
  return known;
}

function weightsOf(text: string | undefined, columns: readonly string[]): number[] {
  const weights = pairsOf(text === undefined ? [] : text.split(','), '--weights');
  for (const column of weights.keys())
    if (!columns.includes(column)) throw invalid(`--weights names ${column}, which is no quasi-identifier`);
  return columns.map((column) => numberOf(weights.get(column) ?? '1', '--weights'));
}

function pairsOf(texts: readonly string[], option: string): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw invalid(`${option} is written column=value`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function progressPrinter(): (progress: AnonymisationProgress) => void {
  let printed = performance.now();
  return ({ nodesChecked, score }) => {
    if (performance.now() - printed < PROGRESS_EVERY_MS) return;
    printed = performance.now();
    process.stderr.write(`${nodesChecked} nodes checked, best score ${score ?? 'none yet'}\n`);
  };
}

const invalid = (message: string) => new DeidentificationError('ANONYMITY_OPTION_INVALID', message);
