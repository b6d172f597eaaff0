import { DeidentificationError } from '../../deidentification.errors';

/** One level of a hierarchy: level 0 holds the values themselves, the last level the coarsest ones. */
export interface HierarchyLevel {
  /** Label of each value of this level, by code. */
  readonly labels: readonly string[];
  /** Code at this level of each leaf. */
  readonly codeOfLeaf: Int32Array;
  /** How many leaves have each code. */
  readonly leavesOfCode: Int32Array;
}

/** How the values of one column become coarser, level by level. A value's code is its row number. */
export interface Hierarchy {
  readonly column: string;
  /** Number of rows: the D of the loss metric, whether or not all values occur. */
  readonly leaves: number;
  readonly levels: readonly HierarchyLevel[];
  /** Code of a value of level 0, undefined when the hierarchy does not know it. */
  leafOf(value: string): number | undefined;
}

export const HIERARCHY_LEAVES_MAX = 1_000_000;
export const HIERARCHY_LEVELS_MAX = 40;

/**
 * A hierarchy from its rows: the value first, then its generalisations, the coarsest last. Throws HIERARCHY_EMPTY,
 * HIERARCHY_UNEVEN, HIERARCHY_VALUE_TWICE, HIERARCHY_NOT_NESTED, HIERARCHY_TOO_LARGE; messages name column and row only.
 */
export function hierarchyOf(column: string, rows: readonly (readonly string[])[]): Hierarchy {
  const depth = rows[0]?.length ?? 0;
  if (depth === 0)
    throw new DeidentificationError(
      'HIERARCHY_EMPTY',
      `the hierarchy of column ${column} has no row; give it one row a value`,
    );
  if (rows.length > HIERARCHY_LEAVES_MAX || depth > HIERARCHY_LEVELS_MAX)
    throw new DeidentificationError(
      'HIERARCHY_TOO_LARGE',
      `the hierarchy of column ${column} has more than ${HIERARCHY_LEAVES_MAX} rows or ${HIERARCHY_LEVELS_MAX} levels; coarsen it before`,
    );
  const leaves = new Map<string, number>();
  rows.forEach((row, index) => {
    if (row.length !== depth)
      throw new DeidentificationError(
        'HIERARCHY_UNEVEN',
        `the hierarchy of column ${column} has ${row.length} levels in row ${index + 1} and ${depth} in row 1; make them equal`,
      );
    if (leaves.has(row[0]!))
      throw new DeidentificationError(
        'HIERARCHY_VALUE_TWICE',
        `the hierarchy of column ${column} says the value of row ${index + 1} a second time; keep one`,
      );
    leaves.set(row[0]!, index);
  });
  const levels = Array.from({ length: depth }, (_, level) => levelOf(rows, level));
  for (let level = 1; level < depth; level += 1) requireNested(column, level, levels);
  return { column, leaves: rows.length, levels, leafOf: (value) => leaves.get(value) };
}

function levelOf(rows: readonly (readonly string[])[], level: number): HierarchyLevel {
  const codes = new Map<string, number>();
  const codeOfLeaf = new Int32Array(rows.length);
  rows.forEach((row, leaf) => {
    const label = row[level]!;
    let code = codes.get(label);
    if (code === undefined) codes.set(label, (code = codes.size));
    codeOfLeaf[leaf] = code;
  });
  const leavesOfCode = new Int32Array(codes.size);
  for (const code of codeOfLeaf) leavesOfCode[code]! += 1;
  return { labels: [...codes.keys()], codeOfLeaf, leavesOfCode };
}

/** Values that are one at a level stay one above it: rolling classes up and pruning both rest on it. */
function requireNested(column: string, level: number, levels: readonly HierarchyLevel[]): void {
  const [finer, coarser] = [levels[level - 1]!, levels[level]!];
  const parents = new Int32Array(finer.labels.length).fill(-1);
  finer.codeOfLeaf.forEach((code, leaf) => {
    const parent = coarser.codeOfLeaf[leaf]!;
    if (parents[code]! >= 0 && parents[code] !== parent)
      throw new DeidentificationError(
        'HIERARCHY_NOT_NESTED',
        `the hierarchy of column ${column} parts at level ${level} what is one at level ${level - 1} (row ${leaf + 1}); give both rows the same value`,
      );
    parents[code] = parent;
  });
}
