import type { BirthMonth, BirthWindow } from './birth-window';
import type { QuasiIdentifiers } from './quasi-identifiers';
import { VALUE_NAMES } from './value-groups';

/** What all earlier packages of one buyer and its affiliates show of a person together; null where none showed it. */
export interface EarlierView {
  readonly born: BirthWindow;
  readonly sex: string | null;
  readonly state: string | null;
  readonly zip3: string | null;
  readonly race: string | null;
  readonly ethnicity: string | null;
  /** Two of them show different values, or their dates and ours would tell the shift, or it is not known what one showed. */
  readonly contradictory: boolean;
}

/** A person of an order, as composition looks at it. */
export interface ComposedPerson {
  readonly attributes: QuasiIdentifiers;
  readonly birthMonth: BirthMonth;
  /** Whether it hides others: not when a provider affiliated with the buyer vouches for it. */
  readonly counts: boolean;
  readonly earlier?: EarlierView;
}

/** What is known of a person at best: from the earlier packages where the record says nothing; empty where nobody does. */
export type Known = Readonly<Record<(typeof VALUE_NAMES)[number], string>>;

/** Whether nothing that was shown of a person contradicts what is known now: a change would tell who it is. */
export function isSound({ attributes, birthMonth, earlier }: ComposedPerson): boolean {
  if (!earlier) return true;
  const agrees = (name: keyof Known): boolean =>
    earlier[name] === null || attributes[name] === null || earlier[name] === attributes[name];
  const { first, last } = earlier.born;
  return !earlier.contradictory && first <= birthMonth && birthMonth <= last && VALUE_NAMES.every(agrees);
}

/** See {@link Known}. */
export function knownOf({ attributes, earlier }: ComposedPerson): Known {
  const value = (name: keyof Known): string => attributes[name] ?? earlier?.[name] ?? '';
  return {
    sex: value('sex'),
    state: value('state'),
    zip3: value('zip3'),
    race: value('race'),
    ethnicity: value('ethnicity'),
  };
}
