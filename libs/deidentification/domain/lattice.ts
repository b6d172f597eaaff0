import { DeidentificationError } from '../deidentification.errors';
import { AGE_POOLED_FROM, classKey, generalise, type Generalisation, type QuasiIdentifiers } from './quasi-identifiers';

/** How many persons have the same quasi-identifiers. */
export interface HistogramCell {
  readonly attributes: QuasiIdentifiers;
  readonly persons: number;
}

export interface ChosenGeneralisation {
  readonly generalisation: Generalisation;
  /** Persons in classes of k or more. */
  readonly kept: number;
  readonly suppressed: number;
  /** Classes that are kept. */
  readonly classes: number;
  /** Keys (see `classKey`) of the classes below k: their persons leave the order. */
  readonly suppressedClasses: ReadonlySet<string>;
  /** Information loss between 0 (all values kept) and 1 (all generalised away). */
  readonly loss: number;
}

const AGE_BANDS = [5, 10, 20, 40] as const;
const LOCATIONS = ['zip3', 'state', 'none'] as const;
const KEPT = ['kept', 'none'] as const;

/** All 48 nodes, from the finest to the coarsest: the fixed order that decides when all else is equal. */
export const LATTICE: readonly Generalisation[] = AGE_BANDS.flatMap((ageBandYears) =>
  LOCATIONS.flatMap((location) =>
    KEPT.flatMap((race) => KEPT.map((ethnicity) => ({ ageBandYears, location, race, ethnicity }))),
  ),
);

/** Losses are compared to ten decimals, as sums in another order differ by rounding beyond them. */
const LOSS_DECIMALS = 10;

/**
 * Picks the node that keeps the most persons in classes of at least `k`; among equal ones the least loss, then the order
 * of {@link LATTICE}. Persons are suppressed only where no generalisation helps. Deterministic; independent of the order
 * of the cells. Throws CLASS_SIZE_INVALID.
 */
export function chooseGeneralisation(histogram: readonly HistogramCell[], k: number): ChosenGeneralisation {
  return rankGeneralisations(histogram, k)[0]!;
}

/** All nodes, the one that {@link chooseGeneralisation} picks first. Throws CLASS_SIZE_INVALID. */
export function rankGeneralisations(histogram: readonly HistogramCell[], k: number): readonly ChosenGeneralisation[] {
  if (!Number.isInteger(k) || k < 1)
    throw new DeidentificationError('CLASS_SIZE_INVALID', 'k is a whole number of 1 or more');
  const losses = lossOf(histogram);
  return LATTICE.map((node) => judge(histogram, { node, k, losses })).sort(
    (a, b) => b.kept - a.kept || a.loss - b.loss, // a stable sort: equal ones stay in the order of the lattice
  );
}

/** Share of a value's hierarchy that its generalisation covers: 1/D when kept, 1 when gone (ARX's loss metric). */
export type ValueLoss = (attributes: QuasiIdentifiers, node: Generalisation) => number;

function judge(
  histogram: readonly HistogramCell[],
  { node, k, losses }: { node: Generalisation; k: number; losses: readonly ValueLoss[] },
): ChosenGeneralisation {
  const persons = new Map<string, number>();
  const keys = histogram.map((cell) => {
    const key = classKey(generalise(cell.attributes, node));
    persons.set(key, (persons.get(key) ?? 0) + cell.persons);
    return key;
  });
  const small = new Set([...persons].filter(([, size]) => size < k).map(([key]) => key));
  let total = 0;
  let suppressed = 0;
  let lost = 0;
  histogram.forEach((cell, index) => {
    total += cell.persons;
    const isSmall = small.has(keys[index]!);
    if (isSmall) suppressed += cell.persons;
    for (const loss of losses) lost += cell.persons * (isSmall ? 1 : loss(cell.attributes, node));
  });
  return {
    generalisation: node,
    kept: total - suppressed,
    suppressed,
    classes: persons.size - small.size,
    suppressedClasses: small,
    loss: total === 0 ? 0 : Number((lost / (total * losses.length)).toFixed(LOSS_DECIMALS)),
  };
}

/** One function a generalised attribute: age, location, race, ethnicity. Sex is always kept and adds no loss. */
export function lossOf(histogram: readonly HistogramCell[]): readonly [ValueLoss, ValueLoss, ValueLoss, ValueLoss] {
  const distinct = (value: (attributes: QuasiIdentifiers) => string | null) =>
    Math.max(1, new Set(histogram.map((cell) => value(cell.attributes))).size);
  const zips = distinct(zipOf);
  const zipsOfState = new Map<string | null, number>();
  for (const zip of new Set(histogram.map((cell) => zipOf(cell.attributes)))) {
    const state = zip.slice(0, zip.indexOf('|'));
    zipsOfState.set(state, (zipsOfState.get(state) ?? 0) + 1);
  }
  const kept = (values: number) => (values === 1 ? 0 : 1 / values);
  const races = distinct((attributes) => attributes.race);
  const ethnicities = distinct((attributes) => attributes.ethnicity);
  return [
    (attributes, node) => (attributes.age === null ? 0 : bandShare(attributes.age, node.ageBandYears)),
    (attributes, node) => {
      if (node.location === 'none') return 1;
      return node.location === 'zip3' ? kept(zips) : zipsOfState.get(attributes.state ?? '')! / zips;
    },
    (_, node) => (node.race === 'none' ? 1 : kept(races)),
    (_, node) => (node.ethnicity === 'none' ? 1 : kept(ethnicities)),
  ];
}

const zipOf = (attributes: QuasiIdentifiers) => `${attributes.state ?? ''}|${attributes.zip3 ?? ''}`;

/** Ages are 0 to 90: 91 leaves. */
function bandShare(age: number, years: Generalisation['ageBandYears']): number {
  const leaves = AGE_POOLED_FROM + 1;
  if (years > 10 && age >= 80) return 11 / leaves;
  return (age >= AGE_POOLED_FROM ? 1 : years) / leaves;
}
