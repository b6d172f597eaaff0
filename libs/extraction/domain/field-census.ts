/** How often one element stands in the rows of a file. */
export interface FieldUse {
  /** Element path without indexes, as in `code.coding.code`. */
  readonly path: string;
  /** JSON types that were seen, sorted. */
  readonly types: readonly string[];
  /** Rows in which the element stands at least once. */
  readonly rows: number;
  /** Of code systems and units the values there are, sorted; the first {@link VALUES_MAX} that were met. */
  readonly values?: readonly string[];
}

/** Elements whose values say what other elements mean. Policies let out those of closed lists only. */
const LISTED: ReadonlySet<string> = new Set(['system', 'unit']);
/** Lists are longer than what people read before they are longer than this. */
export const VALUES_MAX = 64;

interface Node {
  readonly children: Map<string, Node>;
  readonly types: Set<string>;
  readonly values: Set<string> | undefined;
  rows: number;
  lastRow: number;
  lastType: string;
}

const newNode = (name = ''): Node => {
  const values = LISTED.has(name) ? new Set<string>() : undefined;
  return { children: new Map(), types: new Set(), values, rows: 0, lastRow: -1, lastType: '' };
};

/** Counts the elements of the rows of one file while they pass by. Memory is bounded by the number of distinct paths. */
export class FieldCensus {
  readonly #root = newNode();
  #rows = 0;

  /** Rows seen so far. */
  get rows(): number {
    return this.#rows;
  }

  /** Counts one row. */
  add(row: object): void {
    this.#visit(row, this.#root);
    this.#rows += 1;
  }

  /** Every element that holds a value, by path. */
  uses(): readonly FieldUse[] {
    return [...leaves(this.#root, '')].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #visit(value: unknown, node: Node): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#visit(item, node);
      return;
    }
    if (typeof value === 'object' && value !== null) {
      // Every element of every row passes here: no entries array, no second look at what the row has had.
      for (const name in value) {
        let child = node.children.get(name);
        if (!child) node.children.set(name, (child = newNode(name)));
        this.#visit((value as Record<string, unknown>)[name], child);
      }
      return;
    }
    const type = typeof value;
    if (type !== node.lastType) {
      node.lastType = type;
      node.types.add(type);
    }
    if (node.values && type === 'string' && node.values.size < VALUES_MAX) node.values.add(value as string);
    if (node.lastRow === this.#rows) return;
    node.lastRow = this.#rows;
    node.rows += 1;
  }
}

function* leaves(node: Node, path: string): Generator<FieldUse> {
  if (node.rows > 0) {
    const values = node.values && { values: [...node.values].sort() };
    yield { path, types: [...node.types].sort(), rows: node.rows, ...values };
  }
  for (const [name, child] of node.children) yield* leaves(child, path === '' ? name : `${path}.${name}`);
}
