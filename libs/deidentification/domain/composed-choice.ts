import { assert } from '@aceso/kernel';
import { ComposedOrder } from './composed-order';
import type { ComposedPerson } from './composed-person';
import { LATTICE, rankGeneralisations, type HistogramCell, type RankedGeneralisation } from './lattice';
import type { Generalisation, QuasiIdentifiers } from './quasi-identifiers';
import { ageIndex, AGES, LEVELS, LOCATIONS, ValueGroups } from './value-groups';

export interface ComposedChoice<Person> {
  readonly generalisation: Generalisation;
  /** Who leaves under it, in the order in which they were given. */
  readonly kept: readonly Person[];
  /** Persons who would leave if the buyer had nothing yet. */
  readonly keptAlone: number;
  /** Information loss of the node, see {@link rankGeneralisations}. */
  readonly loss: number;
}

/**
 * The node under which the most persons may leave beside what the buyer has of them already (see `composedPersons`);
 * among equal ones the least loss, then the finest. So an order that does not compose is coarsened before anybody is left
 * out of it. `fixed` is taken as it is: a later edition keeps the node of the first. Composition only takes persons away, so
 * nodes that keep no more than the best even without it are not looked at. Throws CLASS_SIZE_INVALID.
 *
 * No node keeps more than the coarsest, and whom a node keeps, every coarser one keeps too: what the coarsest keeps is found
 * once, and other nodes are only asked whether they keep all of it, in the order in which they would be taken.
 */
export function chooseComposed<Person extends ComposedPerson>(
  persons: readonly Person[],
  terms: { readonly k: number; readonly asOf: string; readonly fixed?: Generalisation },
): ComposedChoice<Person> {
  const ranked = rankGeneralisations(histogram(persons), terms.k);
  const [alone] = ranked;
  const order = new ComposedOrder(persons, terms);
  const most = order.largest(terms.fixed ?? COARSEST);
  const kept = persons.filter((_, index) => most[index]);
  const { generalisation, loss } = terms.fixed
    ? { generalisation: terms.fixed, loss: alone!.loss }
    : leastLoss(order, most, inTurn(ranked, kept.length));
  return { generalisation, loss, kept, keptAlone: alone!.kept };
}

/** Nodes in the order in which they are taken; those that keep more without composition come before their equals. */
function inTurn(ranked: readonly RankedGeneralisation[], most: number): readonly RankedGeneralisation[] {
  const larger = ranked.filter(({ kept }) => kept > most).sort((a, b) => a.loss - b.loss);
  return [...larger, ...ranked.filter(({ kept }) => kept === most)];
}

function leastLoss(
  order: ComposedOrder,
  most: Uint8Array,
  nodes: readonly RankedGeneralisation[],
): RankedGeneralisation {
  const failed: Generalisation[] = [];
  for (const node of nodes) {
    if (failed.some((coarser) => isFinerOrEqual(node.generalisation, coarser))) continue;
    if (order.holds(node.generalisation, most)) return node;
    failed.push(node.generalisation);
  }
  assert(false, 'the coarsest node keeps what it keeps');
}

const COARSEST = LATTICE.at(-1)!;

/** Whether every class and region under the first node lies inside one under the second. */
function isFinerOrEqual(one: Generalisation, other: Generalisation): boolean {
  return (
    one.ageBandYears <= other.ageBandYears &&
    LOCATIONS[one.location] >= LOCATIONS[other.location] &&
    (one.race === 'kept' || other.race === 'none') &&
    (one.ethnicity === 'kept' || other.ethnicity === 'none')
  );
}

/** Persons with equal quasi-identifiers together, so that the lattice is searched over cells instead of persons. */
function histogram(persons: readonly ComposedPerson[]): readonly HistogramCell[] {
  const alike = new ValueGroups(persons.map(({ attributes }) => attributes)).at(LEVELS - 1);
  const cells = new Map<number, { attributes: QuasiIdentifiers; persons: number }>();
  persons.forEach(({ attributes }, index) => {
    const key = alike.of[index]! * AGES + ageIndex(attributes.age);
    const cell = cells.get(key);
    if (cell) cell.persons += 1;
    else cells.set(key, { attributes, persons: 1 });
  });
  return [...cells.values()];
}
