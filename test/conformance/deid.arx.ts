import type { MetricName, PrivacyModel } from '@aceso/deidentification/domain';

/** A node of the lattice and what ARX says of it. */
export interface ArxNode {
  readonly levels: readonly number[];
  readonly score: number;
  readonly suppressed?: number;
  readonly classes?: number;
  readonly isSolution?: boolean;
}

/** One configuration of ARX in our words. */
export interface ArxConfiguration {
  readonly name: string;
  readonly models: readonly PrivacyModel[];
  readonly metric: MetricName;
  readonly suppression: number;
  readonly quasiIdentifiers: readonly string[];
  readonly sensitive?: string;
  readonly optimum: ArxNode;
  readonly samples: readonly ArxNode[];
}

export interface Skipped {
  readonly name: string;
  readonly skip: string;
}

interface OracleNode {
  readonly score: string;
  readonly suppressedRecords: number;
  readonly classes: number;
}

interface OracleEntry {
  readonly id: string;
  readonly metric: string;
  readonly suppressionLimit: number;
  readonly privacy: string;
  readonly qis: readonly string[];
  readonly sensitive: string | null;
  readonly optimum?: OracleNode & { readonly levels: Readonly<Record<string, number>> };
  readonly samples?: readonly (OracleNode & { readonly t?: readonly number[]; readonly anonymity: string })[];
}

const ORACLE_METRICS: Readonly<Record<string, MetricName>> = {
  'loss-mean': 'loss',
  'loss-geo': 'loss-geometric',
  aecs: 'aecs',
  'entropy-sum': 'entropy',
  discernibility: 'discernibility',
  precision: 'precision',
  height: 'height',
};

type ReadModel = readonly [RegExp, (parameters: readonly string[]) => PrivacyModel];

/** How ARX prints its privacy models, and how its tests construct them. */
const MODELS: readonly ReadModel[] = [
  [/^(\d+)-anonymity$/, ([k]) => ({ kind: 'k-anonymity', k: Number(k) })],
  [/^distinct-(\d+)-diversity for attribute/, ([l]) => ({ kind: 'distinct-l', l: Number(l) })],
  [/^shannon-entropy-([\d.]+)-diversity for attribute/, ([l]) => ({ kind: 'entropy-l', l: Number(l) })],
  [
    /^recursive-\(([\d.]+),\s*(\d+)\)-diversity for attribute/,
    ([c, l]) => ({ kind: 'recursive-cl', c: Number(c), l: Number(l) }),
  ],
  [
    /^([\d.]+)-closeness with (equal|ordered|hierarchical) (?:ground-)?distance for attribute/,
    ([t, distance]) => closeness(distance!, t!),
  ],
  [/^new KAnonymity\((\d+)\)$/, ([k]) => ({ kind: 'k-anonymity', k: Number(k) })],
  [/^new DistinctLDiversity\("[^"]+", (\d+)\)$/, ([l]) => ({ kind: 'distinct-l', l: Number(l) })],
  [/^new EntropyLDiversity\("[^"]+", (\d+)\)$/, ([l]) => ({ kind: 'entropy-l', l: Number(l) })],
  [
    /^new RecursiveCLDiversity\("[^"]+", ([\d.]+)d?, (\d+)\)$/,
    ([c, l]) => ({ kind: 'recursive-cl', c: Number(c), l: Number(l) }),
  ],
  [
    /^new (Equal|Ordered|Hierarchical)DistanceTCloseness\("[^"]+", ([\d.]+)d?[,)]/,
    ([distance, t]) => closeness(distance!.toLowerCase(), t!),
  ],
];

function closeness(distance: string, t: string): PrivacyModel {
  return { kind: 't-closeness', distance: distance as 'equal' | 'ordered' | 'hierarchical', t: Number(t) };
}

function modelOf(text: string): PrivacyModel | undefined {
  for (const [pattern, read] of MODELS) {
    const match = pattern.exec(text);
    if (match) return read(match.slice(1));
  }
  return undefined;
}

/** Every configuration of the oracle file, or why it is left out. */
export function* arxOracle(file: { readonly results: readonly OracleEntry[] }): Generator<ArxConfiguration | Skipped> {
  for (const entry of file.results) {
    const { id: name, optimum, qis, sensitive, samples = [] } = entry;
    if (!optimum) continue; // figures of the input: deid.risk.ts compares them
    const metric = ORACLE_METRICS[entry.metric];
    const parts = entry.privacy.split(' + ');
    const models = parts.map(modelOf).filter((model) => model !== undefined);
    if (!metric || models.length < parts.length) {
      yield {
        name,
        skip: metric ? `a privacy model of ${entry.privacy} is not ours` : `metric ${entry.metric} is not ours`,
      };
      continue;
    }
    yield {
      name,
      models,
      metric,
      suppression: entry.suppressionLimit,
      quasiIdentifiers: qis,
      ...(sensitive === null ? {} : { sensitive }),
      optimum: { ...nodeOf(optimum), levels: qis.map((column) => optimum.levels[column]!) },
      samples: samples.flatMap((sample) =>
        sample.t ? [{ ...nodeOf(sample), levels: sample.t, isSolution: sample.anonymity === 'ANONYMOUS' }] : [],
      ),
    };
  }
}

const nodeOf = ({ score, suppressedRecords: suppressed, classes }: OracleNode) => ({
  score: Number(score),
  suppressed,
  classes,
});

interface TestEntry {
  readonly suite: string;
  readonly config: string;
  readonly expectedLoss: string;
  readonly levels: readonly number[];
  readonly practicalMonotonicity: boolean;
}

const CONFIG =
  /^ARXConfiguration\.create\(([\d.]+)d, Metric\.create(\w+?)(?:Metric)?\(([^)]*)\)\)(.*?)(?:, "([^"]*)")?$/;

/** Configurations of ARX's own tests; those that measure something else are left out with the reason. */
export function* arxTests(
  file: { readonly cases: readonly TestEntry[] },
  columns: readonly string[],
): Generator<ArxConfiguration | Skipped> {
  for (const [index, entry] of file.cases.entries()) {
    const name = `${entry.suite} ${index + 1}`;
    const [, suppression, metricName, parameters, chain, sensitive] = CONFIG.exec(entry.config) ?? [];
    const constructed = (chain ?? '')
      .split('.addPrivacyModel(')
      .slice(1)
      .map((part) => part.replace(/\)$/, ''));
    const models = constructed.map(modelOf).filter((model) => model !== undefined);
    const metric = { PrecomputedEntropy: 'entropy', Discernability: 'discernibility', AECS: 'aecs' }[metricName ?? ''];
    const skip = reasonToSkip(entry, {
      metric,
      complete: constructed.length > 0 && models.length === constructed.length,
    });
    if (skip ?? (parameters!.includes('true') && Number(suppression) > 0)) {
      yield { name, skip: skip ?? 'the monotonic variant of the metric does not count suppressed records' };
      continue;
    }
    yield {
      name,
      models,
      metric: metric as MetricName,
      suppression: Number(suppression),
      quasiIdentifiers: columns.filter((column) => column !== sensitive),
      ...(sensitive ? { sensitive } : {}),
      optimum: { levels: entry.levels, score: Number(entry.expectedLoss) },
      samples: [],
    };
  }
}

function reasonToSkip(
  { config, practicalMonotonicity }: TestEntry,
  { metric, complete }: { readonly metric: string | undefined; readonly complete: boolean },
): string | undefined {
  if (config.includes('DataSubset') || config.includes('Subset('))
    return 'needs a subset file that is not in the folder';
  if (!config.startsWith('ARXConfiguration') || config.includes('DifferentialPrivacy'))
    return 'differential privacy by sampling is another search';
  if (!complete) return 'a privacy model of it is not ours';
  if (!metric) return 'the metric is not ours';
  if (practicalMonotonicity) return 'ARX assumes monotonicity there, so that what it expects need not be the optimum';
  return undefined;
}
