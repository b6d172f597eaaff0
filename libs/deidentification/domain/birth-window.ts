import { assert } from '@aceso/kernel';
import { AGE_POOLED_FROM, type PersonAttributes, type QuasiIdentifiers } from './quasi-identifiers';

/** Months since January 1800; a month of birth is the finest that the index knows. */
export type BirthMonth = number;

/** Months of birth that an age band leaves possible, both ends included; empty when `first` comes after `last`. */
export interface BirthWindow {
  readonly first: BirthMonth;
  readonly last: BirthMonth;
}

const FIRST_YEAR = 1800;
/** Every month of birth lies below: room until the year 2141. */
export const BIRTH_MONTHS = 4096;
/** What no release has narrowed. */
export const ANY_BIRTH: BirthWindow = { first: 0, last: BIRTH_MONTHS - 1 };

/**
 * The months of birth behind a band (`40-44`, `90+`) at a record date. Two releases with the same bands and other record
 * dates leave other months: that is how orders over the years narrow a birth that each of them hides.
 */
export function birthWindow(ageBand: string, asOf: string): BirthWindow {
  const [, from, to] = /^(\d+)(?:-(\d+)|\+)$/.exec(ageBand) ?? [];
  assert(from !== undefined, 'an age band is FROM-TO or FROM+');
  const at = monthNumber(asOf);
  return {
    first: to === undefined ? 0 : Math.max(0, at - 12 * (Number(to) + 1) + 1),
    last: at - 12 * Number(from),
  };
}

/**
 * The month that stands for a person's birth. A year alone is read as its December, as ages are, or as its January for
 * whoever is pooled with the oldest: always a month that agrees with the age. Null without a date.
 */
export function birthMonthOf(
  { birthMonth }: Pick<PersonAttributes, 'birthMonth'>,
  { age }: Pick<QuasiIdentifiers, 'age'>,
): BirthMonth | null {
  if (!birthMonth || age === null) return null;
  if (birthMonth.length > 4) return monthNumber(birthMonth);
  return monthNumber(`${birthMonth}-${age === AGE_POOLED_FROM ? '01' : '12'}`);
}

/** The months that two releases leave together; may be empty. */
export function intersectWindows(a: BirthWindow, b: BirthWindow): BirthWindow {
  return { first: Math.max(a.first, b.first), last: Math.min(a.last, b.last) };
}

function monthNumber(date: string): number {
  const months = (Number(date.slice(0, 4)) - FIRST_YEAR) * 12 + Number(date.slice(5, 7)) - 1;
  return Math.min(Math.max(months, 0), BIRTH_MONTHS - 1);
}
