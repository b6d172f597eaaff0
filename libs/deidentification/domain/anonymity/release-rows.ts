import type { EncodedTable } from './encoded-table';
import type { Hierarchy } from './hierarchy';
import { judge } from './node-judge';
import { Grouper } from './partition';
import { compileModels, type PrivacyModel } from './privacy-model';

/** Records of the release that look alike. */
export interface ReleasedRecords {
  /** Generalised values in the order of the columns. */
  readonly values: readonly string[];
  readonly sensitive?: string;
  readonly records: number;
}

/**
 * What leaves at a node: the records of all classes that stay, ordered by their values, so that the order of the source does
 * not show. Nothing else of a record leaves.
 */
export function* releasedRecords(
  table: EncodedTable,
  levels: readonly number[],
  options: { readonly models: readonly PrivacyModel[]; readonly sensitiveHierarchy?: Hierarchy },
): Generator<ReleasedRecords> {
  const grouper = new Grouper(table.hierarchies, table.codes, {
    classesMax: table.finest.classes,
    sensitiveValues: table.sensitiveValues.length,
  });
  const partition = grouper.group(table.finest, levels);
  const judged = judge(partition, compileModels(options.models, table, options.sensitiveHierarchy), Infinity);
  const gone = new Set(judged.suppressed);
  const classes = Array.from({ length: partition.classes }, (_, index) => index)
    .filter((index) => partition.size[index]! > 0 && !gone.has(index))
    .map((index) => ({ index, values: labelsOf(table, levels, partition.representative[index]!) }))
    .sort((a, b) => compareLists(a.values, b.values));
  for (const { index, values } of classes) {
    const { distribution } = partition;
    if (!distribution) {
      yield { values, records: partition.size[index]! };
      continue;
    }
    const [from, to] = [distribution.starts[index]!, distribution.starts[index + 1]!];
    const cells = [...distribution.values.subarray(from, to)]
      .map((value, at) => ({ sensitive: table.sensitiveValues[value]!, records: distribution.counts[from + at]! }))
      .sort((a, b) => (a.sensitive < b.sensitive ? -1 : 1));
    for (const cell of cells) yield { values, ...cell };
  }
}

function labelsOf({ hierarchies, codes }: EncodedTable, levels: readonly number[], tuple: number): string[] {
  return hierarchies.map((hierarchy, column) => {
    const level = hierarchy.levels[levels[column]!]!;
    return level.labels[level.codeOfLeaf[codes[column]![tuple]!]!]!;
  });
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  return 0;
}
