import { DeidentificationError } from '../deidentification.errors';
import { AGE_POOLED_FROM, classKey, generalise, type Generalisation, type QuasiIdentifiers } from './quasi-identifiers';
import { ageIndex, bandsOf, nodeLevel, ValueGroups } from './value-groups';

/** How many persons have the same quasi-identifiers. */
export interface HistogramCell {
  readonly attributes: QuasiIdentifiers;
  readonly persons: number;
}

/** A node of the lattice and what it would cost. */
export interface RankedGeneralisation {
  readonly generalisation: Generalisation;
  /** Persons in classes of k or more. */
  readonly kept: number;
  readonly suppressed: number;
  /** Classes that are kept. */
  readonly classes: number;
  /** Information loss between 0 (all values kept) and 1 (all generalised away). */
  readonly loss: number;
}

export interface ChosenGeneralisation extends RankedGeneralisation {
  /** Keys (see `classKey`) of the classes below k: their persons leave the order. */
  readonly suppressedClasses: ReadonlySet<string>;
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
/** Age, location, race, ethnicity. */
const LOSS_ATTRIBUTES = 4;

/**
 * Picks the node that keeps the most persons in classes of at least `k`; among equal ones the least loss, then the order
 * of {@link LATTICE}. Persons are suppressed only where no generalisation helps. Deterministic; independent of the order
 * of the cells. Throws CLASS_SIZE_INVALID.
 */
export function chooseGeneralisation(histogram: readonly HistogramCell[], k: number): ChosenGeneralisation {
  const [best] = rankGeneralisations(histogram, k);
  return { ...best!, suppressedClasses: smallClasses(histogram, best!.generalisation, k) };
}

/** All nodes, the one that {@link chooseGeneralisation} picks first. Throws CLASS_SIZE_INVALID. */
export function rankGeneralisations(histogram: readonly HistogramCell[], k: number): readonly RankedGeneralisation[] {
  if (!Number.isInteger(k) || k < 1)
    throw new DeidentificationError('CLASS_SIZE_INVALID', 'k is a whole number of 1 or more');
  const cells = encode(histogram);
  return LATTICE.map((node) => judge(cells, node, k)).sort(
    (a, b) => b.kept - a.kept || a.loss - b.loss, // a stable sort: equal ones stay in the order of the lattice
  );
}

/** Share of a value's hierarchy that its generalisation covers: 1/D when kept, 1 when gone (ARX's loss metric). */
export type ValueLoss = (attributes: QuasiIdentifiers, node: Generalisation) => number;

/** A histogram as numbers, so that a node is judged without making a text of any cell. */
interface EncodedCells {
  readonly persons: Float64Array;
  readonly ages: Uint8Array;
  readonly groups: ValueGroups;
  readonly ageLoss: (node: Generalisation) => Float64Array;
  readonly locationLoss: (node: Generalisation) => Float64Array;
  readonly otherLosses: (node: Generalisation) => readonly [race: number, ethnicity: number];
}

function encode(histogram: readonly HistogramCell[]): EncodedCells {
  const [age, location, race, ethnicity] = lossOf(histogram);
  const once = (loss: ValueLoss, keyOf: (node: Generalisation) => string | number) => {
    const known = new Map<string | number, Float64Array>();
    return (node: Generalisation): Float64Array => {
      const losses = known.get(keyOf(node)) ?? Float64Array.from(histogram, (cell) => loss(cell.attributes, node));
      known.set(keyOf(node), losses);
      return losses;
    };
  };
  const [first] = histogram;
  return {
    persons: Float64Array.from(histogram, (cell) => cell.persons),
    ages: Uint8Array.from(histogram, (cell) => ageIndex(cell.attributes.age)),
    groups: new ValueGroups(histogram.map((cell) => cell.attributes)),
    ageLoss: once(age, (node) => node.ageBandYears),
    locationLoss: once(location, (node) => node.location),
    otherLosses: (node) => (first ? [race(first.attributes, node), ethnicity(first.attributes, node)] : [0, 0]),
  };
}

function judge(cells: EncodedCells, node: Generalisation, k: number): RankedGeneralisation {
  const { persons, ages } = cells;
  const bands = bandsOf(node.ageBandYears);
  const groups = cells.groups.at(nodeLevel(node));
  const sizes = new Float64Array(groups.size * bands.size);
  const classes = groups.of.slice();
  for (let cell = 0; cell < classes.length; cell += 1) {
    const number = classes[cell]! * bands.size + bands.of[ages[cell]!]!;
    classes[cell] = number;
    sizes[number]! += persons[cell]!;
  }
  const [ageLoss, locationLoss] = [cells.ageLoss(node), cells.locationLoss(node)];
  const [race, ethnicity] = cells.otherLosses(node);
  let total = 0;
  let suppressed = 0;
  let lost = 0;
  for (let cell = 0; cell < persons.length; cell += 1) {
    const some = persons[cell]!;
    total += some;
    if (sizes[classes[cell]!]! < k) {
      suppressed += some;
      lost += LOSS_ATTRIBUTES * some;
    } else lost += some * (ageLoss[cell]! + locationLoss[cell]! + race + ethnicity);
  }
  return {
    generalisation: node,
    kept: total - suppressed,
    suppressed,
    classes: countOf(sizes, k),
    loss: total === 0 ? 0 : Number((lost / (total * LOSS_ATTRIBUTES)).toFixed(LOSS_DECIMALS)),
  };
}

function countOf(sizes: Float64Array, k: number): number {
  let count = 0;
  for (const size of sizes) if (size >= k) count += 1;
  return count;
}

/** Keys of the classes below k under a node. */
function smallClasses(histogram: readonly HistogramCell[], node: Generalisation, k: number): ReadonlySet<string> {
  const persons = new Map<string, number>();
  for (const { attributes, persons: some } of histogram) {
    const key = classKey(generalise(attributes, node));
    persons.set(key, (persons.get(key) ?? 0) + some);
  }
  return new Set([...persons].filter(([, size]) => size < k).map(([key]) => key));
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
