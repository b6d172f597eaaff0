import { AGE_POOLED_FROM, ageBand, type Generalisation, type QuasiIdentifiers } from './quasi-identifiers';

/** What is known of somebody beside the age: null where it is not known. */
export type KnownValues = Readonly<Record<(typeof VALUE_NAMES)[number], string | null>>;

export const VALUE_NAMES = ['sex', 'state', 'zip3', 'race', 'ethnicity'] as const;

/** How finely values are told: location (none, state, ZIP3) × race × ethnicity. Sex is always told. */
export type Level = number;
export const LEVELS = 12;

/** `location`: 0 none, 1 state, 2 state and ZIP3. */
export const levelOf = (location: number, race: boolean, ethnicity: boolean): Level =>
  location * 4 + (race ? 2 : 0) + (ethnicity ? 1 : 0);

/** How far a location is told; see {@link levelOf}. */
export const LOCATIONS = { none: 0, state: 1, zip3: 2 } as const;

/** The level at which a node of the lattice tells values. */
export const nodeLevel = ({ location, race, ethnicity }: Generalisation): Level =>
  levelOf(LOCATIONS[location], race === 'kept', ethnicity === 'kept');

/** Rows that are alike at a level, by number. */
export interface Grouping {
  /** The group of each row, below `size`. */
  readonly of: Int32Array;
  readonly size: number;
}

/** Values of many rows as numbers: every distinct set of values is grouped once a level, however often it is asked for. */
export class ValueGroups {
  readonly #setOf: Grouping;
  /** The values of each set, a column a name. */
  readonly #columns: Readonly<Record<(typeof VALUE_NAMES)[number], Grouping>>;
  readonly #groupings = new Array<Grouping | undefined>(LEVELS);

  constructor(rows: readonly KnownValues[]) {
    const columns = VALUE_NAMES.map((name) => numbered(rows, name));
    this.#setOf = columns.reduce(refine);
    const firsts = firstRows(this.#setOf);
    const [sex, state, zip3, race, ethnicity] = columns.map(({ of, size }) => ({
      of: firsts.map((row) => of[row]!),
      size,
    })) as [Grouping, Grouping, Grouping, Grouping, Grouping];
    this.#columns = { sex, state, zip3, race, ethnicity };
  }

  at(level: Level): Grouping {
    return (this.#groupings[level] ??= this.#group(level));
  }

  #group(level: Level): Grouping {
    const { sex, state, zip3, race, ethnicity } = this.#columns;
    const location = level >> 2;
    const told = [
      sex,
      ...(location >= LOCATIONS.state ? [state] : []),
      ...(location >= LOCATIONS.zip3 ? [zip3] : []),
      ...(level & 2 ? [race] : []),
      ...(level & 1 ? [ethnicity] : []),
    ];
    const sets = told.reduce(refine);
    return { of: this.#setOf.of.map((set) => sets.of[set]!), size: sets.size };
  }
}

/** What is not known is a value like others. */
function numbered(rows: readonly KnownValues[], name: keyof KnownValues): Grouping {
  const numbers = new Map<string, number>();
  const of = new Int32Array(rows.length);
  rows.forEach((row, index) => {
    const value = row[name] ?? '';
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    of[index] = number;
  });
  return { of, size: numbers.size };
}

/** Pairs that are numbered in a table; more of them in a map. */
const TABLE_MAX = 1 << 22;

/** Rows that are alike in both, numbered in the order in which they come. */
function refine(one: Grouping, other: Grouping): Grouping {
  const pairs = one.size * other.size;
  const table = pairs <= TABLE_MAX ? new Int32Array(pairs) : new Map<number, number>();
  const of = new Int32Array(one.of.length);
  let size = 0;
  for (let row = 0; row < of.length; row += 1) {
    const pair = one.of[row]! * other.size + other.of[row]!;
    // Zero is a pair that was not seen.
    let number = table instanceof Map ? (table.get(pair) ?? 0) : table[pair]!;
    if (number === 0) {
      number = size += 1;
      if (table instanceof Map) table.set(pair, number);
      else table[pair] = number;
    }
    of[row] = number - 1;
  }
  return { of, size };
}

/** The first row of each group. */
function firstRows({ of, size }: Grouping): Int32Array {
  const firsts = new Int32Array(size);
  for (let row = of.length - 1; row >= 0; row -= 1) firsts[of[row]!] = row;
  return firsts;
}

/** Indexes of ages: one for each year up to the pooled ones, and one for none. */
export const AGES = AGE_POOLED_FROM + 2;

/** An age as an index of the tables below: whoever has none comes last. */
export const ageIndex = (age: QuasiIdentifiers['age']): number =>
  age === null ? AGE_POOLED_FROM + 1 : Math.min(age, AGE_POOLED_FROM);

/** Bands by number, for every {@link ageIndex}: persons without an age are a band of their own. */
export interface Bands {
  readonly of: Uint8Array;
  readonly size: number;
  /** Names by age; see `ageBand`. */
  readonly names: readonly string[];
}

/** Every band of a width. */
export function bandsOf(years: Generalisation['ageBandYears']): Bands {
  const names = Array.from({ length: AGE_POOLED_FROM + 1 }, (_, age) => ageBand(age, years));
  const distinct = [...new Set(names)];
  return {
    of: Uint8Array.from([...names.map((name) => distinct.indexOf(name)), distinct.length]),
    size: distinct.length + 1,
    names,
  };
}
