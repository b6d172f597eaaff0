import { DeidentificationError } from '../../deidentification.errors';
import type { SizeCount } from './class-table';

/** Risk from one attacker; shares and chances lie between 0 and 1. */
export interface AttackerRisk {
  /** Rb: the highest chance to name the person of a record. */
  readonly highest: number;
  /** Rc: the share of records whose person an attacker names when guessing within each class. */
  readonly success: number;
}

/** Prosecutor, journalist and marketer (El Emam, Guide to the De-Identification of Personal Health Information, 2013). */
export interface AttackerRisks {
  /** Knows that the target is in the table. */
  readonly prosecutor: AttackerRisk;
  /** Does not know: must find the target in the population first. */
  readonly journalist: AttackerRisk;
  /** Wants as many as possible, no one in particular. */
  readonly marketer: { readonly success: number };
  /** False: the population was taken to be the table itself, so journalist equals prosecutor. */
  readonly populationTable: boolean;
}

/**
 * Risks of a table by its classes (see {@link SizeCount}). `populationTable` says whether the populations come from a
 * table. Throws TABLE_EMPTY, and POPULATION_TABLE_INCOMPLETE when a class has more records than people.
 */
export function attackerRisks(sizes: readonly SizeCount[], populationTable = false): AttackerRisks {
  const totals = { records: 0, classes: 0, people: 0, expected: 0, smallest: Infinity, fewestPeople: Infinity };
  for (const { size, population, classes } of sizes) {
    if (population < size) {
      throw new DeidentificationError(
        'POPULATION_TABLE_INCOMPLETE',
        'a class has more records than people in the population table: it must hold everybody of the table, with the same values',
      );
    }
    totals.records += size * classes;
    totals.classes += classes;
    totals.people += population * classes;
    totals.expected += (size / population) * classes;
    totals.smallest = Math.min(totals.smallest, size);
    totals.fewestPeople = Math.min(totals.fewestPeople, population);
  }
  if (totals.records === 0)
    throw new DeidentificationError('TABLE_EMPTY', 'a table without records has no risk to measure');
  const marketer = totals.expected / totals.records;
  return {
    prosecutor: { highest: 1 / totals.smallest, success: totals.classes / totals.records },
    journalist: { highest: 1 / totals.fewestPeople, success: Math.max(totals.classes / totals.people, marketer) },
    marketer: { success: marketer },
    populationTable,
  };
}

/** Number of records in classes smaller than `k`; divided by all records it is Ra of the risk 1/k. */
export function recordsBelow(sizes: readonly SizeCount[], k: number, by: 'size' | 'population' = 'size'): number {
  return sizes.reduce((sum, group) => sum + (group[by] < k ? group.size * group.classes : 0), 0);
}

/** All records of these classes. */
export function recordCount(sizes: readonly SizeCount[]): number {
  return sizes.reduce((sum, { size, classes }) => sum + size * classes, 0);
}
