/** How many records share the quasi-identifiers of a class, and how many people of the population do. */
export interface SizeCount {
  /** Records of each of these classes in the table, from 1. */
  readonly size: number;
  /** People of the population frame with the same values; without a population table the same as `size`. */
  readonly population: number;
  /** Number of classes with this size and population. */
  readonly classes: number;
}

/** One class: its size, and how often each sensitive value occurs in it where the table has such a column. */
export interface RecordClass {
  size: number;
  readonly sensitive: Map<string, number>;
}

/**
 * Equivalence classes of any table of quasi-identifiers. Rows are added one by one; memory grows with the classes, not
 * with the records.
 */
export class ClassTable {
  readonly #classes = new Map<string, RecordClass>();
  #records = 0;

  /** Adds a record; `values` are its quasi-identifiers, always in the same order. An empty value is a value. Returns its class, which grows on. */
  add(values: readonly string[], sensitive?: string): RecordClass {
    const key = tupleKey(values);
    let found = this.#classes.get(key);
    if (!found) this.#classes.set(key, (found = { size: 0, sensitive: new Map() }));
    found.size += 1;
    this.#records += 1;
    if (sensitive !== undefined) found.sensitive.set(sensitive, (found.sensitive.get(sensitive) ?? 0) + 1);
    return found;
  }

  get records(): number {
    return this.#records;
  }

  get classCount(): number {
    return this.#classes.size;
  }

  classes(): IterableIterator<RecordClass> {
    return this.#classes.values();
  }

  /** Number of records with these values. */
  sizeOf(values: readonly string[]): number {
    return this.#classes.get(tupleKey(values))?.size ?? 0;
  }

  /**
   * Classes by size and population, the smallest first. `population` holds the same quasi-identifiers in the same order
   * for everybody in the population frame; a class it does not know has the population 0.
   */
  sizes(population?: ClassTable): SizeCount[] {
    const groups = new Map<string, { size: number; population: number; classes: number }>();
    for (const [key, { size }] of this.#classes) {
      const people = population ? (population.#classes.get(key)?.size ?? 0) : size;
      const group = groups.get(`${size}/${people}`);
      if (group) group.classes += 1;
      else groups.set(`${size}/${people}`, { size, population: people, classes: 1 });
    }
    return [...groups.values()].sort((a, b) => a.size - b.size || a.population - b.population);
  }
}

/** Each value with its length before it: no value can be read as the end of another one. */
function tupleKey(values: readonly string[]): string {
  let key = '';
  for (const value of values) key += `${value.length}:${value}`;
  return key;
}
