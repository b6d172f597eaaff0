import { DeidentificationError } from '../../deidentification.errors';
import type { EncodedTable } from './encoded-table';
import type { Hierarchy } from './hierarchy';
import { LatticeSearch, TimeIsUp } from './lattice-search';
import { metricOf, type MetricName } from './metric';
import { NodeJudge } from './node-judge';
import { compileModels, type PrivacyModel } from './privacy-model';

export interface AnonymisationOptions {
  readonly models: readonly PrivacyModel[];
  /** Share of the records that may be suppressed, 0 to 1; the limit is floor(share · records). */
  readonly suppression: number;
  readonly metric: MetricName;
  /** Weight of each column in the metric; all 1 when left out. */
  readonly weights?: readonly number[];
  /** For hierarchical t-closeness. */
  readonly sensitiveHierarchy?: Hierarchy;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly timeLimitMs?: number;
  /** Told about every {@link PROGRESS_NODES} nodes. */
  readonly onProgress?: (progress: AnonymisationProgress) => void;
}

export interface AnonymisationProgress {
  readonly nodesChecked: number;
  /** Of the best node up to here. */
  readonly score: number | undefined;
}

export interface Anonymisation {
  /** The level of each column. */
  readonly levels: readonly number[];
  readonly score: number;
  /** Records that leave, and classes that stay. */
  readonly suppressed: number;
  readonly classes: number;
  readonly nodesChecked: number;
  /** False when the time limit ended the search: the node is a solution, but a better one may exist. */
  readonly optimalProven: boolean;
}

export const PROGRESS_NODES = 100;
export const COLUMNS_MAX = 64;
const WEIGHT_MAX = 1e6;

/**
 * The node of least score whose suppressed records stay within the limit: full-domain generalisation with record
 * suppression, globally optimal unless time ran out. Among nodes of equal score one that has none
 * of them below it; the same input gives the same node. Throws ANONYMITY_OPTION_INVALID, NO_SOLUTION, and what {@link compileModels} throws.
 */
export function anonymise(table: EncodedTable, options: AnonymisationOptions): Anonymisation {
  const weights = requireOptions(table, options);
  const limit = Math.floor(options.suppression * table.records);
  const models = compileModels(options.models, table, options.sensitiveHierarchy);
  const metric = metricOf(options.metric, {
    table,
    weights,
    suppressionLimit: limit,
    classSizeMin: models.classSizeMin,
  });
  const deadline = options.now() + (options.timeLimitMs ?? Infinity);
  const judge = new NodeJudge(table, models, metric, limit, () => {
    if (options.now() > deadline) throw new TimeIsUp();
    if (judge.nodesChecked > 0 && judge.nodesChecked % PROGRESS_NODES === 0)
      options.onProgress?.({ nodesChecked: judge.nodesChecked, score: search.found?.result.score });
  });
  const top = table.hierarchies.map(({ levels }) => levels.length - 1);
  const search = new LatticeSearch(judge, metric, { top, limit, allCertain: limit === 0 });
  const ended = search.run();
  if (!search.found && ended)
    throw new DeidentificationError(
      'NO_SOLUTION',
      'no generalisation satisfies the models within the suppression limit; relax a model or allow more suppression',
    );
  if (!search.found)
    throw new DeidentificationError(
      'NO_SOLUTION',
      'no generalisation that satisfies the models was found in time; allow more time or more suppression',
    );
  const { levels, result } = search.found;
  return {
    levels,
    score: result.score,
    suppressed: result.suppressed,
    classes: result.classes,
    nodesChecked: judge.nodesChecked,
    optimalProven: ended,
  };
}

/** The same figures for one given node, whether or not it is a solution. */
export function measureNode(
  table: EncodedTable,
  levels: readonly number[],
  options: AnonymisationOptions,
): Pick<Anonymisation, 'score' | 'suppressed' | 'classes'> & { readonly isSolution: boolean } {
  const weights = requireOptions(table, options);
  requireLevels(table, levels);
  const suppressionLimit = Math.floor(options.suppression * table.records);
  const models = compileModels(options.models, table, options.sensitiveHierarchy);
  const metric = metricOf(options.metric, { table, weights, suppressionLimit, classSizeMin: models.classSizeMin });
  const { score, suppressed, classes } = new NodeJudge(table, models, metric, Infinity, () => undefined).judge(levels);
  return { score, suppressed, classes, isSolution: suppressed <= suppressionLimit };
}

function requireLevels({ hierarchies }: EncodedTable, levels: readonly number[]): void {
  const fits = (level: number | undefined, { levels: { length } }: Hierarchy) =>
    Number.isInteger(level) && level! >= 0 && level! < length;
  if (
    levels.length !== hierarchies.length ||
    !hierarchies.every((hierarchy, column) => fits(levels[column], hierarchy))
  )
    throw invalid('a node has one level of each hierarchy, counted from 0');
}

function requireOptions(table: EncodedTable, { suppression, weights, timeLimitMs }: AnonymisationOptions) {
  const columns = table.hierarchies.length;
  if (columns === 0) throw invalid('name at least one quasi-identifier');
  if (columns > COLUMNS_MAX) throw invalid(`there can be at most ${COLUMNS_MAX} quasi-identifiers; leave some out`);
  if (!(suppression >= 0 && suppression <= 1)) throw invalid('the share of suppressed records is a number from 0 to 1');
  if (timeLimitMs !== undefined && !(timeLimitMs > 0)) throw invalid('the time limit is a number above 0');
  const all = weights ?? table.hierarchies.map(() => 1);
  const sound = all.length === columns && all.every((weight) => weight >= 0 && weight <= WEIGHT_MAX);
  if (!sound || !all.some((weight) => weight > 0))
    throw invalid(`weights are one number from 0 to ${WEIGHT_MAX} for each quasi-identifier, not all 0`);
  return all;
}

const invalid = (message: string) => new DeidentificationError('ANONYMITY_OPTION_INVALID', message);
