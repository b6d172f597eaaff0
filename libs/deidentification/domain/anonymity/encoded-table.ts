import { DeidentificationError } from '../../deidentification.errors';
import type { Hierarchy } from './hierarchy';
import type { Partition } from './partition';

/** Distinct (quasi-identifiers, sensitive value) pairs held in memory; records beyond them cost nothing. */
export const CELLS_MAX = 5_000_000;
const RECORDS_MAX = 2 ** 31 - 1;
const LIMITS = { cells: CELLS_MAX, records: RECORDS_MAX };

/** A table reduced to what the search looks at: distinct combinations of values with the number of their records. */
export interface EncodedTable {
  readonly records: number;
  readonly populationRecords: number;
  readonly hierarchies: readonly Hierarchy[];
  /** Leaf code of each distinct combination, by column. */
  readonly codes: readonly Int32Array[];
  /** The finest classes: one a distinct combination. */
  readonly finest: Partition;
  /** Values of the sensitive column by code; empty without one. */
  readonly sensitiveValues: readonly string[];
}

/** Where a record came from, for messages. */
export type RecordPlace = 'table' | 'population table';

/** Reads records one at a time and keeps distinct combinations only. */
export class TableEncoder {
  private readonly tuples = new Map<string, number>();
  private readonly codes: number[][];
  private readonly sizes: number[] = [];
  private readonly population: number[] = [];
  /** Sensitive values of each combination; empty without a sensitive column. */
  private readonly values: Map<number, number>[] = [];
  private readonly sensitive = new Map<string, number>();
  private records = 0;
  private populationRecords = 0;
  private cells = 0;

  constructor(
    private readonly hierarchies: readonly Hierarchy[],
    private readonly limits = LIMITS,
  ) {
    this.codes = hierarchies.map(() => []);
  }

  /** A record of the table: values in the order of the hierarchies, and the sensitive value where there is one. */
  add(values: readonly string[], sensitiveValue?: string): void {
    this.records += 1;
    const tuple = this.tupleOf(values, 'table', this.records);
    this.sizes[tuple]! += 1;
    if (sensitiveValue === undefined) return;
    let code = this.sensitive.get(sensitiveValue);
    if (code === undefined) this.sensitive.set(sensitiveValue, (code = this.sensitive.size));
    const counts = (this.values[tuple] ??= new Map<number, number>());
    if (!counts.has(code)) this.grow();
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }

  /** A record of the population table. Add the whole table first: its persons belong to the population. */
  addPopulation(values: readonly string[]): void {
    this.populationRecords += 1;
    this.population[this.tupleOf(values, 'population table', this.populationRecords)]! += 1;
  }

  /** Throws TABLE_EMPTY, and POPULATION_TABLE_INCOMPLETE when persons of the table are not in the population. */
  finish(): EncodedTable {
    if (this.records === 0) throw new DeidentificationError('TABLE_EMPTY', 'the table has no record below its header');
    if (this.populationRecords > 0 && this.sizes.some((size, tuple) => size > this.population[tuple]!))
      throw new DeidentificationError(
        'POPULATION_TABLE_INCOMPLETE',
        'the population table lacks records of the table; it has to hold every person, those of the table included',
      );
    return {
      records: this.records,
      populationRecords: this.populationRecords,
      hierarchies: this.hierarchies,
      codes: this.codes.map((codes) => Int32Array.from(codes)),
      finest: this.finest(),
      sensitiveValues: [...this.sensitive.keys()],
    };
  }

  private finest(): Partition {
    const classes = this.sizes.length;
    const { starts, values, counts } = this.distributions();
    return {
      levels: this.hierarchies.map(() => 0),
      classes,
      representative: Int32Array.from({ length: classes }, (_, index) => index),
      size: Int32Array.from(this.sizes),
      ...(this.populationRecords > 0 ? { population: Int32Array.from(this.population) } : {}),
      ...(this.sensitive.size > 0 ? { distribution: { starts, values, counts } } : {}),
    };
  }

  private distributions() {
    const starts = new Int32Array(this.sizes.length + 1);
    const [values, counts] = [new Int32Array(this.cells), new Int32Array(this.cells)];
    let at = 0;
    for (let tuple = 0; tuple < this.sizes.length; tuple += 1) {
      starts[tuple] = at;
      for (const [value, count] of this.values[tuple] ?? []) {
        values[at] = value;
        counts[at++] = count;
      }
    }
    starts[this.sizes.length] = at;
    return { starts, values: values.subarray(0, at), counts: counts.subarray(0, at) };
  }

  private tupleOf(values: readonly string[], place: RecordPlace, record: number): number {
    const { records } = this.limits;
    if (record > records)
      throw new DeidentificationError('TABLE_TOO_LARGE', `a table has at most ${records} records; split it`);
    const leaves = this.hierarchies.map((hierarchy, column) => {
      const leaf = hierarchy.leafOf(values[column]!);
      if (leaf !== undefined) return leaf;
      throw new DeidentificationError(
        'HIERARCHY_VALUE_MISSING',
        `record ${record} of the ${place} has a value in column ${hierarchy.column} that its hierarchy lacks; add a row for it`,
      );
    });
    const key = leaves.join(',');
    let tuple = this.tuples.get(key);
    if (tuple !== undefined) return tuple;
    tuple = this.sizes.length;
    this.grow();
    this.tuples.set(key, tuple);
    this.sizes.push(0);
    this.population.push(0);
    leaves.forEach((leaf, column) => this.codes[column]!.push(leaf));
    return tuple;
  }

  private grow(): void {
    this.cells += 1;
    if (this.cells > this.limits.cells)
      throw new DeidentificationError(
        'TABLE_TOO_LARGE',
        `the table has more than ${this.limits.cells} distinct combinations; coarsen a column before`,
      );
  }
}
