import { DeidentificationError } from '../../deidentification.errors';

/** How many records share the quasi-identifiers of a class, and how many people of the population do. */
export interface SizeCount {
  /** Records of each of these classes in the table, from 1. */
  readonly size: number;
  /** People of the population frame with the same values; without a population table the same as `size`. */
  readonly population: number;
  /** Number of classes with this size and population. */
  readonly classes: number;
}

/** Classes that one table may have: some 2 GB of keys. */
export const CLASSES_MAX = 4_000_000;

/** One class: its size, and how often each sensitive value occurs in it where the table has such a column. */
export interface RecordClass {
  size: number;
  /** The one value that all of its records have, or each value with its number of records: most small classes need no map. */
  sensitive: string | Map<string, number> | undefined;
}

/** Sensitive values of a class, each with its number of records. */
export function sensitiveValues({
  size,
  sensitive,
}: RecordClass): readonly (readonly [value: string, records: number])[] {
  if (sensitive === undefined) return [];
  return typeof sensitive === 'string' ? [[sensitive, size]] : [...sensitive];
}

/**
 * Equivalence classes of any table of quasi-identifiers. Rows are added one by one; memory grows with the classes, not
 * with the records.
 */
export class ClassTable {
  readonly #classes = new Map<string, RecordClass>();
  #records = 0;
  readonly #classesMax: number;

  constructor(classesMax = CLASSES_MAX) {
    this.#classesMax = classesMax;
  }

  /**
   * Adds a record; `values` are its quasi-identifiers, always in the same order. An empty value is a value. Either all records have a sensitive value or none. Returns its
   * class, which grows on. Throws TABLE_TOO_LARGE, TABLE_MALFORMED.
   */
  add(values: readonly string[], sensitive?: string): RecordClass {
    const key = values.join(BETWEEN);
    let found = this.#classes.get(key);
    if (!found) {
      this.#checkNew(values);
      found = { size: 0, sensitive: undefined };
      this.#classes.set(key, found);
    }
    found.size += 1;
    this.#records += 1;
    if (sensitive !== undefined) addSensitive(found, sensitive);
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
    return this.#classes.get(values.join(BETWEEN))?.size ?? 0;
  }

  /**
   * Classes by size and population, the smallest first. `population` holds the same quasi-identifiers in the same order
   * for everybody in the population frame; a class it does not know has the population 0.
   */
  sizes(population?: ClassTable): SizeCount[] {
    const groups = new Map<string | number, { size: number; population: number; classes: number }>();
    for (const [key, { size }] of this.#classes) {
      const people = population ? (population.#classes.get(key)?.size ?? 0) : size;
      const groupKey = population ? `${size}/${people}` : size;
      const group = groups.get(groupKey);
      if (group) group.classes += 1;
      else groups.set(groupKey, { size, population: people, classes: 1 });
    }
    return [...groups.values()].sort((a, b) => a.size - b.size || a.population - b.population);
  }

  /** A tuple with U+0000 in a value has more of them than any that was let in, so it is never found before it is looked at. */
  #checkNew(values: readonly string[]): void {
    if (values.some((value) => value.includes(BETWEEN)))
      throw new DeidentificationError('TABLE_MALFORMED', 'a value holds U+0000, which is no text; remove it');
    if (this.#classes.size === this.#classesMax)
      throw new DeidentificationError(
        'TABLE_TOO_LARGE',
        `more than ${this.#classesMax} different combinations: name fewer quasi-identifiers, or coarser ones`,
      );
  }
}

/** Stands between the values of a key. */
const BETWEEN = '\u0000';

/** Counts the value of the record that the class has just got. */
function addSensitive(found: RecordClass, value: string): void {
  if (found.sensitive === undefined) found.sensitive = value;
  if (found.sensitive === value) return;
  if (typeof found.sensitive === 'string') found.sensitive = new Map([[found.sensitive, found.size - 1]]);
  found.sensitive.set(value, (found.sensitive.get(value) ?? 0) + 1);
}
