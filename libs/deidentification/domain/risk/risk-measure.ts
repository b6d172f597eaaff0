import { attackerRisks, recordsBelow, type AttackerRisks } from './attackers';
import type { ClassTable, SizeCount } from './class-table';
import { diversityReached, type DiversityReached } from './diversity';
import { populationUniques, type PopulationUniques } from './population-uniques';
import { REPORTED_K, threshold, type Threshold } from './thresholds';

/** Shares of records (Ra) in classes that are too small for one threshold, in both readings of it. */
export interface RecordsAtRisk extends Threshold {
  /** Share of records in classes below kMin. */
  readonly prosecutor: number;
  /** Share of records in classes that are below kMin in the population. */
  readonly journalist: number;
  /** The same two for the percentage read to the letter (classes below `kMinToTheLetter`). */
  readonly toTheLetter: { readonly prosecutor: number; readonly journalist: number };
}

/** What is known of the risk of one table. Shares and chances lie between 0 and 1. */
export interface RiskMeasure {
  readonly records: number;
  readonly classes: number;
  readonly smallestClass: number;
  /** Records that nobody shares the quasi-identifiers with. */
  readonly uniques: number;
  readonly uniqueShare: number;
  readonly attackers: AttackerRisks;
  readonly atRisk: readonly RecordsAtRisk[];
  /** Number of classes by size, ascending. */
  readonly histogram: readonly { readonly size: number; readonly classes: number }[];
  /** Null where the size of the population is not known. */
  readonly populationUniques: PopulationUniques | null;
  /** Null for a table without a sensitive attribute. */
  readonly diversity: DiversityReached | null;
}

export interface RiskOptions {
  /** People of the population that the table is a sample of. */
  readonly population?: number | undefined;
  /** Quasi-identifiers of everybody in the population frame, generalised as the table is. */
  readonly populationTable?: ClassTable | undefined;
  /** Class sizes to report; 5, 11 and 20 by default. */
  readonly kMins?: readonly number[] | undefined;
  /** The table has sensitive values; their natural order where they have one. */
  readonly sensitive?: { readonly order?: readonly string[] } | undefined;
}

/** Measures a table. Throws TABLE_EMPTY, THRESHOLD_INVALID, POPULATION_INVALID, POPULATION_TABLE_INCOMPLETE. */
export function measureRisk(table: ClassTable, options: RiskOptions = {}): RiskMeasure {
  const { population, populationTable, kMins = REPORTED_K, sensitive } = options;
  const sizes = table.sizes(populationTable);
  const attackers = attackerRisks(sizes, populationTable !== undefined);
  const uniques = recordsBelow(sizes, 2);
  return {
    records: table.records,
    classes: table.classCount,
    smallestClass: sizes[0]!.size,
    uniques,
    uniqueShare: uniques / table.records,
    attackers,
    atRisk: kMins.map((kMin) => atRisk(sizes, table.records, threshold(kMin))),
    histogram: histogram(sizes),
    populationUniques: population === undefined ? null : populationUniques(sizes, population),
    diversity: sensitive ? diversityReached(table.classes(), sensitive.order) : null,
  };
}

function atRisk(sizes: readonly SizeCount[], records: number, limit: Threshold): RecordsAtRisk {
  const below = (k: number) => ({
    prosecutor: recordsBelow(sizes, k) / records,
    journalist: recordsBelow(sizes, k, 'population') / records,
  });
  return { ...limit, ...below(limit.kMin), toTheLetter: below(limit.kMinToTheLetter) };
}

function histogram(sizes: readonly SizeCount[]): RiskMeasure['histogram'] {
  const merged = new Map<number, number>();
  for (const { size, classes } of sizes) merged.set(size, (merged.get(size) ?? 0) + classes);
  return [...merged].map(([size, classes]) => ({ size, classes }));
}
