import type { EncodedTable } from './encoded-table';
import type { Hierarchy } from './hierarchy';
import type { Judged, Metric, MetricContext } from './metric';

/** ARX cuts the loss of a column to ten decimals; so do we, or ties would fall differently. */
const LOSS_STEPS = 1e10;

/** What one column loses, by level. */
interface ColumnLoss {
  readonly codes: Int32Array;
  /** share(v, l): leaves that are generalised to the same value as leaf v, over all leaves; by level, then leaf. */
  readonly shares: readonly Float64Array[];
  /** Σ over records of their share, nothing suppressed. */
  readonly totals: readonly number[];
  readonly shareMax: readonly number[];
  /** Loss from the sum of shares. */
  of(sum: number): number;
}

/**
 * ARX's loss metric: loss_d = max(0, (Σ records share − n/D) / (n − n/D)), where a suppressed record has share 1. Arithmetic: Σ w·loss / Σ w;
 * geometric: (Π (loss + 1)^w)^(1/Σ w) − 1.
 *
 * Bound: a finer node of the same box generalises at least as far as `low` and suppresses at least the records that
 * are certain at `high`; each of those adds 1 − share, and its share is at most that at `high` and the largest at `low`.
 */
export function lossMetric({ table, weights }: MetricContext, mean: 'arithmetic' | 'geometric'): Metric {
  const columns = table.hierarchies.map((hierarchy, index) => columnLoss(table, hierarchy, index));
  const together = mean === 'arithmetic' ? arithmetic(weights) : geometric(weights);
  const losses = new Float64Array(columns.length);
  return {
    needsLowest: false,
    measure(judged) {
      const { levels } = judged.partition;
      const floor = new Float64Array(columns.length + 1);
      floor[columns.length] = judged.certainRecords;
      columns.forEach((column, index) => {
        const shares = column.shares[levels[index]!]!;
        const all = sharesOf(judged, judged.suppressed, { column, shares });
        floor[index] =
          judged.certain === judged.suppressed ? all : sharesOf(judged, judged.certain, { column, shares });
        losses[index] = column.of(column.totals[levels[index]!]! - all + judged.suppressedRecords);
      });
      return { score: together(losses), floor };
    },
    bound(low, { floor }) {
      const certain = floor[columns.length]!;
      for (let index = 0; index < columns.length; index += 1) {
        const column = columns[index]!;
        const level = low[index]!;
        const shared = Math.min(floor[index]!, certain * column.shareMax[level]!);
        losses[index] = column.of(column.totals[level]! + certain - shared);
      }
      return together(losses);
    },
    gain: (column, from, to) => weights[column]! * (columns[column]!.totals[to]! - columns[column]!.totals[from]!),
  };
}

function sharesOf(
  { partition: { size, representative } }: Judged,
  classes: readonly number[],
  { column, shares }: { column: ColumnLoss; shares: Float64Array },
): number {
  let sum = 0;
  for (let at = 0; at < classes.length; at += 1) {
    const index = classes[at]!;
    sum += size[index]! * shares[column.codes[representative[index]!]!]!;
  }
  return sum;
}

function columnLoss(table: EncodedTable, { levels, leaves }: Hierarchy, index: number): ColumnLoss {
  const codes = table.codes[index]!;
  const shares = levels.map(({ codeOfLeaf, leavesOfCode }) =>
    Float64Array.from(codeOfLeaf, (code) => leavesOfCode[code]! / leaves),
  );
  const { size } = table.finest;
  const totals = shares.map((share) => codes.reduce((sum, leaf, tuple) => sum + size[tuple]! * share[leaf]!, 0));
  const least = table.records / leaves;
  const of = (sum: number) =>
    leaves === 1 ? 0 : Math.floor(Math.max(0, (sum - least) / (table.records - least)) * LOSS_STEPS) / LOSS_STEPS;
  return { codes, shares, totals, shareMax: shares.map((share) => share.reduce((a, b) => Math.max(a, b), 0)), of };
}

const sumOf = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0);

function arithmetic(weights: readonly number[]): (losses: Float64Array) => number {
  const total = sumOf(weights);
  return (losses) => {
    let sum = 0;
    for (let index = 0; index < losses.length; index += 1) sum += weights[index]! * losses[index]!;
    return sum / total;
  };
}

function geometric(weights: readonly number[]): (losses: Float64Array) => number {
  const total = sumOf(weights);
  return (losses) => {
    let product = 1;
    for (let index = 0; index < losses.length; index += 1)
      product *= Math.pow(losses[index]! + 1, weights[index]! / total);
    return product - 1;
  };
}
