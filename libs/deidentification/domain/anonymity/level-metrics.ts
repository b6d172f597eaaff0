import type { Metric, MetricContext } from './metric';

/**
 * Precision loss (Sweeney 2002, 1 − Prec): Σ w · ((n − s) · level/height + s) / n / Σ w, with s suppressed records.
 * Bound: levels of `low`, and the records that are certain to be suppressed.
 */
export function precisionMetric({ table: { records, hierarchies }, weights }: MetricContext): Metric {
  const heights = hierarchies.map(({ levels }) => levels.length - 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const share = (column: number, level: number) => (heights[column] === 0 ? 0 : level / heights[column]!);
  const score = (levels: readonly number[], suppressed: number) => {
    let sum = 0;
    for (let column = 0; column < levels.length; column += 1)
      sum += weights[column]! * (((records - suppressed) * share(column, levels[column]!) + suppressed) / records);
    return sum / total;
  };
  return {
    needsLowest: false,
    measure: ({ partition: { levels }, suppressedRecords, certainRecords }) => ({
      score: score(levels, suppressedRecords),
      floor: Float64Array.of(certainRecords),
    }),
    bound: (low, { floor }) => score(low, floor[0]!),
    gain: (column, from, to) => weights[column]! * (share(column, to) - share(column, from)),
  };
}

/** Height: Σ w · level. Suppression costs nothing in it, so it needs a limit. */
export function heightMetric({ weights }: MetricContext): Metric {
  const score = (levels: readonly number[]) => {
    let sum = 0;
    for (let column = 0; column < levels.length; column += 1) sum += weights[column]! * levels[column]!;
    return sum;
  };
  return {
    needsLowest: false,
    measure: ({ partition: { levels } }) => ({ score: score(levels), floor: new Float64Array(0) }),
    bound: score,
    gain: (column, from, to) => weights[column]! * (to - from),
  };
}
