import type { EncodedTable } from './encoded-table';
import { aecsMetric, discernibilityMetric } from './class-size-metrics';
import { entropyMetric } from './entropy-metric';
import { heightMetric, precisionMetric } from './level-metrics';
import { lossMetric } from './loss-metric';
import type { Partition } from './partition';

export const METRICS = ['loss', 'loss-geometric', 'aecs', 'discernibility', 'entropy', 'precision', 'height'] as const;
export type MetricName = (typeof METRICS)[number];

/** What became of the classes of a node. */
export interface Judged {
  readonly partition: Partition;
  /** Indices of the classes that leave, and how many records they hold. */
  readonly suppressed: readonly number[];
  readonly suppressedRecords: number;
  /** Those of them that are suppressed at every finer node as well. */
  readonly certain: readonly number[];
  readonly certainRecords: number;
  /** Classes that stay. */
  readonly kept: number;
}

/** What a metric says of a node. */
export interface Measured {
  /** Lower is better. */
  readonly score: number;
  /** Lower bound material of a node for all finer ones; what it means is the metric's own business. */
  readonly floor: Float64Array;
}

/** A measure of what generalisation and suppression cost, with a bound that lets the search leave nodes out. */
export interface Metric {
  measure(judged: Judged): Measured;
  /**
   * No node between `low` and the node measured as `high` scores less. `lowest` measures the node `low` itself, for metrics
   * that cannot say more from its levels alone.
   */
  bound(low: readonly number[], high: Measured, lowest: () => Measured): number;
  /** How much the bound gains between two levels of a column: where the search branches. */
  gain(column: number, from: number, to: number): number;
  /** True when `bound` asks for the measure of the low corner. */
  readonly needsLowest: boolean;
}

export interface MetricContext {
  readonly table: EncodedTable;
  /** Weight of each column. */
  readonly weights: readonly number[];
  readonly suppressionLimit: number;
  readonly classSizeMin: number;
}

export function metricOf(name: MetricName, context: MetricContext): Metric {
  switch (name) {
    case 'loss':
      return lossMetric(context, 'arithmetic');
    case 'loss-geometric':
      return lossMetric(context, 'geometric');
    case 'aecs':
      return aecsMetric(context);
    case 'discernibility':
      return discernibilityMetric(context);
    case 'entropy':
      return entropyMetric(context);
    case 'precision':
      return precisionMetric(context);
    case 'height':
      return heightMetric(context);
  }
}
