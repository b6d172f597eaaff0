import type { Judged, Metric, MetricContext } from './metric';

/**
 * Average class size (LeFevre et al. 2006, without its division by k, as in ARX): n / (classes kept + 1 if any record is
 * suppressed). Weights do not matter.
 *
 * Bound: a kept class of a finer node lies in a kept class of `high` and has at least `classSizeMin` records; and there are no more
 * classes than at `low`. (A class that is suppressed for another reason than size at `high` may hold kept ones as well.)
 */
export function aecsMetric({ table, suppressionLimit, classSizeMin }: MetricContext): Metric {
  const { records } = table;
  const suppressedClass = suppressionLimit > 0 ? 1 : 0;
  return {
    needsLowest: true,
    measure(judged) {
      const { size, classes } = judged.partition;
      let room = 0;
      for (let index = 0; index < classes; index += 1) room += Math.floor(size[index]! / classSizeMin);
      for (const index of judged.certain) room -= Math.floor(size[index]! / classSizeMin);
      const score = records / (judged.kept + (judged.suppressed.length > 0 ? 1 : 0));
      return { score, floor: Float64Array.of(room, populated(judged)) };
    },
    bound: (_, high, lowest) => records / (Math.min(high.floor[0]!, lowest().floor[1]!) + suppressedClass),
    gain: levelGain,
  };
}

/** Classes that hold a record of the table. */
function populated({ partition: { size } }: Judged): number {
  let count = 0;
  for (let index = 0; index < size.length; index += 1) if (size[index]! > 0) count += 1;
  return count;
}

/**
 * Discernibility (Bayardo and Agrawal 2005): Σ over kept classes size² + n · suppressed. Weights do not matter.
 *
 * Bound: Σ size² over all classes of `low`, where the records that are certain at `high` cost n each instead of at most the
 * size of their class there.
 */
export function discernibilityMetric({ table: { records } }: MetricContext): Metric {
  return {
    needsLowest: true,
    measure(judged) {
      const { size, classes } = judged.partition;
      let all = 0;
      for (let index = 0; index < classes; index += 1) all += size[index]! ** 2;
      const squares = (indices: readonly number[]) => indices.reduce((sum, index) => sum + size[index]! ** 2, 0);
      return {
        score: all - squares(judged.suppressed) + records * judged.suppressedRecords,
        floor: Float64Array.of(all, records * judged.certainRecords - squares(judged.certain)),
      };
    },
    bound: (_, high, lowest) => lowest().floor[0]! + high.floor[1]!,
    gain: levelGain,
  };
}

/** Nothing is known from levels alone: branch where most levels are open. */
const levelGain = (_: number, from: number, to: number) => to - from;
