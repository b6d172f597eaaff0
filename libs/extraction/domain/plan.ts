import {
  chooseComposed,
  type ComposedPerson,
  type DateRule,
  type Generalisation,
} from '@aceso/deidentification/domain';
import { PERSONS_MIN } from './attempt';
import { shardsOf, type Shard } from './shard';

/** A person whose consent is verified, as far as planning looks at it. */
export interface PlannedPerson extends ComposedPerson {
  /** Pseudonym of the person in this sale. */
  readonly pseudonym: string;
}

export interface PlanTerms {
  /** Smallest class in the files. */
  readonly k: number;
  /** Persons that the escrow covers. */
  readonly personsMax: number;
  /** The date at which ages are judged, `YYYY-MM-DD`. */
  readonly asOf: string;
  /** The generalisation of an earlier edition, which every later one keeps: a finer or another one could be intersected. */
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
  | { readonly possible: false; readonly reason: 'COHORT_TOO_SMALL' | 'K_NOT_REACHED' | 'COMPOSITION_TOO_NARROW' };

/**
 * Chooses how far the quasi-identifiers of an order are generalised and who stays in it. Persons whom the best choice does
 * not hide among k, beside what the buyer has of them already, are left out; too few persons are no cohort.
 */
export function planOrder<Person extends PlannedPerson>(persons: readonly Person[], terms: PlanTerms): Plan<Person> {
  if (persons.length < PERSONS_MIN) return { possible: false, reason: 'COHORT_TOO_SMALL' };
  const paid = [...persons].sort((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1)).slice(0, terms.personsMax);
  const { generalisation, loss, kept, keptAlone } = chooseComposed(paid, terms);
  if (kept.length < PERSONS_MIN) {
    const isKnown = paid.some(({ earlier }) => earlier !== undefined);
    return {
      possible: false,
      reason: isKnown && keptAlone >= PERSONS_MIN ? 'COMPOSITION_TOO_NARROW' : 'K_NOT_REACHED',
    };
  }
  return { possible: true, generalisation, loss, shards: shardsOf(kept), suppressed: persons.length - kept.length };
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
