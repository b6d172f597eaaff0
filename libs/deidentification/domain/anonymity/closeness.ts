import { DeidentificationError } from '../../deidentification.errors';
import { TOLERANCE, type ClassTest, type ClassValues } from './class-test';
import type { EncodedTable } from './encoded-table';
import type { Hierarchy, HierarchyLevel } from './hierarchy';
import type { PrivacyModel } from './privacy-model';

type Closeness = Extract<PrivacyModel, { kind: 't-closeness' }>;
/** Distance between the share of each value in a class and in the whole table, from the differences by value. */
type Distance = (differences: Float64Array) => number;

/** A test of closeness to the table's own distribution of the sensitive column. Throws SENSITIVE_HIERARCHY_MISSING. */
export function distanceTest(
  { distance, t }: Closeness,
  table: EncodedTable,
  sensitiveHierarchy?: Hierarchy,
): ClassTest {
  const shares = sharesOf(table);
  const differences = new Float64Array(shares.length);
  const measure = distanceOf(distance, table.sensitiveValues, sensitiveHierarchy);
  return ({ values, counts, from, to, size }: ClassValues) => {
    for (let value = 0; value < shares.length; value += 1) differences[value] = -shares[value]!;
    for (let at = from; at < to; at += 1) differences[values[at]!]! += counts[at]! / size;
    return measure(differences) <= t + TOLERANCE;
  };
}

function distanceOf(kind: Closeness['distance'], values: readonly string[], hierarchy?: Hierarchy): Distance {
  if (kind === 'equal') return equalDistance;
  if (kind === 'ordered') return orderedDistance(values);
  if (!hierarchy)
    throw new DeidentificationError(
      'SENSITIVE_HIERARCHY_MISSING',
      'hierarchical t-closeness needs a hierarchy of the sensitive column; add its file or use another distance',
    );
  return hierarchicalDistance(values, hierarchy);
}

/** Every value is equally far from every other: ½ Σ |p − q|. */
function equalDistance(differences: Float64Array): number {
  let sum = 0;
  for (let value = 0; value < differences.length; value += 1) sum += Math.abs(differences[value]!);
  return sum / 2;
}

/** Values are as far apart as their ranks: 1/(m − 1) Σᵢ |Σ_{j ≤ i} (pⱼ − qⱼ)|. Numbers are ordered as numbers, else by code point. */
function orderedDistance(values: readonly string[]): Distance {
  const numeric = values.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  const order = values.map((_, code) => code);
  order.sort((a, b) => {
    if (numeric) return Number(values[a]) - Number(values[b]);
    return values[a]! < values[b]! ? -1 : 1;
  });
  return (differences) => {
    let [running, sum] = [0, 0];
    for (const code of order) sum += Math.abs((running += differences[code]!));
    return order.length < 2 ? 0 : sum / (order.length - 1);
  };
}

/**
 * Values are as far apart as their lowest common ancestor is high: Σ over inner nodes of height/H · min(surplus, shortage)
 * of the children (Li et al. 2007, section 5.2). H is the height of the hierarchy.
 */
function hierarchicalDistance(values: readonly string[], { levels, leafOf, column }: Hierarchy): Distance {
  const leaves = values.map((value) => {
    const leaf = leafOf(value);
    if (leaf === undefined)
      throw new DeidentificationError(
        'HIERARCHY_VALUE_MISSING',
        `the hierarchy of the sensitive column ${column} lacks a value of the table; add a row for it`,
      );
    return leaf;
  });
  const tree = levels[levels.length - 1]!.labels.length === 1 ? levels : [...levels, ROOT];
  const height = tree.length - 1;
  // Extra mass of each node, level by level, and what its children have too much.
  const extras = tree.map(({ labels }) => new Float64Array(labels.length));
  const surplus = tree.map(({ labels }) => new Float64Array(labels.length));
  const parents = tree.slice(1).map((above, level) => parentsOf(tree[level]!, above));
  return (differences) => {
    for (const extra of extras) extra.fill(0);
    leaves.forEach((leaf, value) => (extras[0]![tree[0]!.codeOfLeaf[leaf]!]! += differences[value]!));
    let cost = 0;
    for (let level = 1; level <= height; level += 1) {
      const [more, extra] = [surplus[level]!.fill(0), extras[level]!];
      extras[level - 1]!.forEach((mass, code) => {
        const parent = parents[level - 1]![code]!;
        extra[parent]! += mass;
        if (mass > 0) more[parent]! += mass;
      });
      // The shortage of the children is their surplus less their sum.
      more.forEach((above, code) => (cost += (level / height) * Math.min(above, above - extra[code]!)));
    }
    return cost;
  };
}

/** Above a hierarchy that does not end in one value. */
const ROOT: HierarchyLevel = { labels: ['*'], codeOfLeaf: new Int32Array(0), leavesOfCode: new Int32Array(0) };

function parentsOf({ labels, codeOfLeaf }: HierarchyLevel, above: HierarchyLevel): Int32Array {
  const parents = new Int32Array(labels.length);
  if (above !== ROOT) codeOfLeaf.forEach((code, leaf) => (parents[code] = above.codeOfLeaf[leaf]!));
  return parents;
}

function sharesOf({ finest, records, sensitiveValues }: EncodedTable): Float64Array {
  const shares = new Float64Array(sensitiveValues.length);
  const { values, counts } = finest.distribution!;
  values.forEach((value, at) => (shares[value]! += counts[at]! / records));
  return shares;
}
