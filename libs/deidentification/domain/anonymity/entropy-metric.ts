import type { Hierarchy } from './hierarchy';
import type { Judged, Metric, MetricContext } from './metric';

/**
 * Non-uniform entropy in bits (De Waal and Willenborg 1999; as ARX sums it): for each column Σ over records −log2(n(v) / n(g)),
 * where n(v) counts the records with the original value and n(g) those with the generalised one, plus for the s suppressed
 * records Σ −log2(s(g) / s), s(g) being how many of them share the generalised value. Score: Σ w · column.
 *
 * Bound: the first part grows with the level; the second with more suppressed records and with finer values.
 */
export function entropyMetric({ table, weights }: MetricContext): Metric {
  const { size } = table.finest;
  const generalised = table.hierarchies.map((hierarchy, column) =>
    hierarchy.levels.map((_, level) => generalisationBits(hierarchy, level, { codes: table.codes[column]!, size })),
  );
  const columns = table.hierarchies.map((_, column) => column);
  return {
    needsLowest: false,
    measure(judged) {
      const { levels } = judged.partition;
      const floor = new Float64Array(columns.length);
      let score = 0;
      for (const column of columns) {
        const level = table.hierarchies[column]!.levels[levels[column]!]!;
        const place = { codeOfLeaf: level.codeOfLeaf, values: level.labels.length, codes: table.codes[column]! };
        const suppressed = suppressionBits(judged, judged.suppressed, place);
        floor[column] =
          judged.certain === judged.suppressed ? suppressed : suppressionBits(judged, judged.certain, place);
        score += weights[column]! * (generalised[column]![levels[column]!]! + suppressed);
      }
      return { score, floor };
    },
    bound(low, { floor }) {
      let score = 0;
      for (let column = 0; column < columns.length; column += 1)
        score += weights[column]! * (generalised[column]![low[column]!]! + floor[column]!);
      return score;
    },
    gain: (column, from, to) => weights[column]! * (generalised[column]![to]! - generalised[column]![from]!),
  };
}

function generalisationBits(
  { levels, leaves }: Hierarchy,
  level: number,
  { codes, size }: { codes: Int32Array; size: Int32Array },
): number {
  const { codeOfLeaf, labels } = levels[level]!;
  const original = new Float64Array(leaves);
  const general = new Float64Array(labels.length);
  codes.forEach((leaf, tuple) => (original[leaf]! += size[tuple]!));
  original.forEach((records, leaf) => (general[codeOfLeaf[leaf]!]! += records));
  return original.reduce(
    (bits, records, leaf) => (records === 0 ? bits : bits - records * Math.log2(records / general[codeOfLeaf[leaf]!]!)),
    0,
  );
}

function suppressionBits(
  { partition: { size, representative } }: Judged,
  classes: readonly number[],
  { codeOfLeaf, values, codes }: { codeOfLeaf: Int32Array; values: number; codes: Int32Array },
): number {
  if (classes.length === 0) return 0;
  const counts = new Float64Array(values);
  let all = 0;
  for (const index of classes) {
    counts[codeOfLeaf[codes[representative[index]!]!]!]! += size[index]!;
    all += size[index]!;
  }
  return counts.reduce((bits, count) => (count === 0 ? bits : bits - count * Math.log2(count / all)), 0);
}
