import { composedPersons, type ComposedPerson } from './composition';
import { rankGeneralisations, type HistogramCell } from './lattice';
import type { Generalisation, QuasiIdentifiers } from './quasi-identifiers';

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
 * The node under which the most persons may leave beside what the buyer has of them already (see
 * {@link composedPersons}); among equal ones the least loss, then the finest. So an order that does not compose is
 * coarsened before anybody is left out of it. `fixed` is taken as it is: a later edition keeps the node of the first.
 * Composition only takes persons away, so nodes that keep fewer even without it are not looked at. Throws
 * CLASS_SIZE_INVALID.
 */
export function chooseComposed<Person extends ComposedPerson>(
  persons: readonly Person[],
  terms: { readonly k: number; readonly asOf: string; readonly fixed?: Generalisation },
): ComposedChoice<Person> {
  const ranked = rankGeneralisations(histogram(persons), terms.k);
  const [alone] = ranked;
  const nodes = terms.fixed ? [{ generalisation: terms.fixed, loss: alone!.loss, kept: persons.length }] : ranked;
  let best: ComposedChoice<Person> | undefined;
  for (const { generalisation, loss, kept: possible } of nodes) {
    if (best && possible <= best.kept.length) break;
    const marks = composedPersons(persons, generalisation, terms);
    const kept = persons.filter((_, index) => marks[index]);
    if (!best || kept.length > best.kept.length || (kept.length === best.kept.length && loss < best.loss))
      best = { generalisation, kept, loss, keptAlone: alone!.kept };
  }
  return best!;
}

/** Persons with equal quasi-identifiers together, so that the lattice is searched over cells instead of persons. */
function histogram(persons: readonly ComposedPerson[]): readonly HistogramCell[] {
  const cells = new Map<string, { attributes: QuasiIdentifiers; persons: number }>();
  for (const { attributes } of persons) {
    const { age, sex, state, zip3, race, ethnicity } = attributes;
    const key = JSON.stringify([age, sex, state, zip3, race, ethnicity]);
    const cell = cells.get(key);
    if (cell) cell.persons += 1;
    else cells.set(key, { attributes, persons: 1 });
  }
  return [...cells.values()];
}
