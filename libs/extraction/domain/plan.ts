import {
  chooseGeneralisation,
  classKey,
  generalise,
  type DateRule,
  type Generalisation,
  type HistogramCell,
  type QuasiIdentifiers,
} from '@aceso/deidentification/domain';
import { PERSONS_MIN } from './attempt';
import { shardsOf, type Shard } from './shard';

/** A person whose consent is verified, as far as planning looks at it. */
export interface PlannedPerson {
  /** Pseudonym of the person in this sale. */
  readonly pseudonym: string;
  readonly attributes: QuasiIdentifiers;
}

export interface PlanTerms {
  /** Smallest class in the files. */
  readonly k: number;
  /** Persons that the escrow covers. */
  readonly personsMax: number;
  /** The generalisation of an earlier edition, which every later one keeps. */
  readonly fixed?: Generalisation;
}

export type Plan<Person> =
  | {
      readonly possible: true;
      readonly generalisation: Generalisation;
      readonly shards: readonly Shard<Person>[];
      readonly suppressed: number;
      readonly loss: number;
    }
  | { readonly possible: false; readonly reason: 'COHORT_TOO_SMALL' | 'K_NOT_REACHED' };

/**
 * Chooses how far the quasi-identifiers of an order are generalised and who stays in it. Persons whose class stays below
 * k under the best choice are left out; too few persons are no cohort.
 */
export function planOrder<Person extends PlannedPerson>(persons: readonly Person[], terms: PlanTerms): Plan<Person> {
  if (persons.length < PERSONS_MIN) return { possible: false, reason: 'COHORT_TOO_SMALL' };
  const paid = [...persons].sort((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1)).slice(0, terms.personsMax);
  const { generalisation, loss } = choose(paid, terms);
  const sizes = new Map<string, number>();
  const keyOf = (person: Person): string => classKey(generalise(person.attributes, generalisation));
  for (const person of paid) sizes.set(keyOf(person), (sizes.get(keyOf(person)) ?? 0) + 1);
  const kept = paid.filter((person) => (sizes.get(keyOf(person)) ?? 0) >= terms.k);
  if (kept.length < PERSONS_MIN) return { possible: false, reason: 'K_NOT_REACHED' };
  return { possible: true, generalisation, loss, shards: shardsOf(kept), suppressed: persons.length - kept.length };
}

function choose(persons: readonly PlannedPerson[], terms: PlanTerms): { generalisation: Generalisation; loss: number } {
  const chosen = chooseGeneralisation(histogram(persons), terms.k);
  // An earlier edition left the platform's hands: a finer or another one beside it would let both be intersected.
  return terms.fixed ? { generalisation: terms.fixed, loss: chosen.loss } : chosen;
}

/** Persons with equal quasi-identifiers together, so that the lattice is searched over cells instead of persons. */
function histogram(persons: readonly PlannedPerson[]): readonly HistogramCell[] {
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

/** The levels of a generalisation in words, for manifest and README. */
export function generalisationInWords(node: Generalisation, dates: DateRule): Record<string, string> {
  return {
    age: `bands of ${node.ageBandYears} years`,
    sex: 'as recorded',
    location: { zip3: 'first three digits of the ZIP code', state: 'state', none: 'left out' }[node.location],
    race: node.race === 'kept' ? 'as recorded' : 'left out',
    ethnicity: node.ethnicity === 'kept' ? 'as recorded' : 'left out',
    dates:
      dates.kind === 'year'
        ? 'year only'
        : `days, shifted by one secret number of up to ${dates.daysMax} days a person: intervals hold, calendar dates do not`,
  };
}
