import { sensitiveValues, type RecordClass } from './class-table';

/** The least that any class reaches for one sensitive attribute: what l-diversity and t-closeness of the table are. */
export interface DiversityReached {
  /** Distinct values in the class that has the fewest. */
  readonly distinctL: number;
  /** e^H of the class with the least Shannon entropy H: entropy l-diversity holds up to this l. */
  readonly entropyL: number;
  /** Recursive (c, l)-diversity holds for every c above this one; null where a class has fewer than l values. */
  readonly recursiveC: readonly { readonly l: number; readonly c: number | null }[];
  /** Largest distance of a class from the whole table, with equal distances between values: ½ Σ |p − q|. */
  readonly tEqual: number;
  /** The same with ordered distances, 1/(m−1) Σ |Σ (p − q)|; null unless an order of the values is known. */
  readonly tOrdered: number | null;
}

/** Values of l that are reported for recursive diversity. */
const RECURSIVE_L = [2, 3] as const;

/**
 * Measures classes against the table that they make up (Machanavajjhala et al. 2007; Li et al. 2007). `order` lists the
 * sensitive values in their natural order, where they have one. A table without classes reaches nothing: zeros.
 */
export function diversityReached(classes: Iterable<RecordClass>, order?: readonly string[]): DiversityReached {
  const all = Array.from(classes, sensitiveValues).filter(({ length }) => length > 0);
  const table = new Map<string, number>();
  let records = 0;
  for (const sensitive of all) {
    for (const [value, count] of sensitive) {
      table.set(value, (table.get(value) ?? 0) + count);
      records += count;
    }
  }
  if (records === 0) return { distinctL: 0, entropyL: 0, recursiveC: [], tEqual: 0, tOrdered: null };
  const reached = { distinctL: Infinity, entropy: Infinity, tEqual: 0, tOrdered: 0 };
  const recursiveC: { l: number; c: number | null }[] = RECURSIVE_L.map((l) => ({ l, c: 0 }));
  for (const sensitive of all) {
    const counts = sensitive.map(([, count]) => count).sort((a, b) => b - a);
    const size = counts.reduce((sum, count) => sum + count, 0);
    reached.distinctL = Math.min(reached.distinctL, counts.length);
    reached.entropy = Math.min(reached.entropy, entropy(counts, size));
    reached.tEqual = Math.max(reached.tEqual, equalDistance({ sensitive, size }, { table, records }));
    if (order)
      reached.tOrdered = Math.max(reached.tOrdered, orderedDistance(order, { sensitive, size }, { table, records }));
    for (const recursive of recursiveC) if (recursive.c !== null) recursive.c = worseC(recursive, counts);
  }
  return {
    distinctL: reached.distinctL,
    entropyL: Math.exp(reached.entropy),
    recursiveC,
    tEqual: reached.tEqual,
    tOrdered: order ? reached.tOrdered : null,
  };
}

interface Part {
  readonly sensitive: readonly (readonly [value: string, records: number])[];
  readonly size: number;
}
interface Whole {
  readonly table: ReadonlyMap<string, number>;
  readonly records: number;
}

/** The c that this class asks for, if it is worse than that of the classes before: r1 / Σ_{i>=l} r_i. */
function worseC({ l, c }: { readonly l: number; readonly c: number | null }, counts: readonly number[]): number | null {
  let rest = 0;
  for (let index = l - 1; index < counts.length; index += 1) rest += counts[index]!;
  return rest === 0 ? null : Math.max(c ?? 0, counts[0]! / rest);
}

const entropy = (counts: readonly number[], size: number) =>
  counts.reduce((sum, count) => sum - (count / size) * Math.log(count / size), 0);

/** Values that the class lacks weigh as much as the others have too much: Σ over its own values of what exceeds the table. */
function equalDistance({ sensitive, size }: Part, { table, records }: Whole): number {
  let above = 0;
  for (const [value, count] of sensitive) above += Math.max(0, count / size - table.get(value)! / records);
  return above;
}

function orderedDistance(order: readonly string[], { sensitive, size }: Part, { table, records }: Whole): number {
  const own = new Map(sensitive);
  let running = 0;
  let sum = 0;
  for (const value of order) {
    running += (own.get(value) ?? 0) / size - (table.get(value) ?? 0) / records;
    sum += Math.abs(running);
  }
  return order.length < 2 ? 0 : sum / (order.length - 1);
}
