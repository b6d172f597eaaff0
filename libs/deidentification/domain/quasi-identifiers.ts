import { assert } from '@aceso/kernel';
import type { Policy } from './policy';

/** What an outsider may know of a person, normalised; `null` where it is not known or has no allowed form. */
export interface QuasiIdentifiers {
  /** Whole years at the record date, 90 for everyone of 90 and more. */
  readonly age: number | null;
  readonly sex: 'female' | 'male' | 'other' | 'unknown' | null;
  /** USPS code. */
  readonly state: string | null;
  /** First three digits of the ZIP code; 000 in areas of 20,000 people or fewer. */
  readonly zip3: string | null;
  readonly race: string | null;
  readonly ethnicity: string | null;
}

/** The same as a register or `readDemographics` of `@aceso/fhir` gives it. */
export interface PersonAttributes {
  /** `YYYY-MM`, or `YYYY` where the month is not known. */
  readonly birthMonth?: string | null | undefined;
  readonly sex?: string | null | undefined;
  /** USPS code. */
  readonly state?: string | null | undefined;
  readonly zip3?: string | null | undefined;
  /** Codes of the OMB categories. */
  readonly race?: string | null | undefined;
  readonly ethnicity?: string | null | undefined;
}

/** Ages of 90 and more are one (45 CFR 164.514(b)(2)(i)(C)). */
export const AGE_POOLED_FROM = 90;

const SEXES: ReadonlySet<string> = new Set(['female', 'male', 'other', 'unknown']);

/** OMB categories (US Core race and ethnicity, urn:oid:2.16.840.1.113883.6.238). Several races at once are rarer than any. */
const RACES: ReadonlyMap<unknown, string> = new Map([
  ['1002-5', 'American Indian or Alaska Native'],
  ['2028-9', 'Asian'],
  ['2054-5', 'Black or African American'],
  ['2076-8', 'Native Hawaiian or Other Pacific Islander'],
  ['2106-3', 'White'],
  ['2131-1', 'Other Race'],
]);
const ETHNICITIES: ReadonlyMap<unknown, string> = new Map([
  ['2135-2', 'Hispanic or Latino'],
  ['2186-5', 'Not Hispanic or Latino'],
]);

/**
 * Normalises a person's attributes at a record date (`YYYY-MM-DD`). Every value goes through a closed list or a syntax
 * without letters of a text, so that an address or a name that stands in the wrong place cannot leave.
 */
export function quasiIdentifiers(
  attributes: PersonAttributes,
  asOf: string,
  policy: Pick<Policy, 'restrictedZip3'>,
): QuasiIdentifiers {
  return {
    age: ageAt(attributes.birthMonth ?? '', asOf),
    sex: SEXES.has(attributes.sex ?? '') ? (attributes.sex as QuasiIdentifiers['sex']) : null,
    state: /^[A-Z]{2}$/.test(attributes.state ?? '') ? (attributes.state as string) : null,
    zip3: releasedZip3(attributes.zip3 ?? '', policy.restrictedZip3.prefixes),
    race: RACES.get(attributes.race) ?? null,
    ethnicity: ETHNICITIES.get(attributes.ethnicity) ?? null,
  };
}

const MONTH = /^\d{4}-\d{2}/;

/**
 * Whole years by year and month: the day of birth is not kept by the index. A year alone is read as its December, as by
 * everyone who judges ages (`surelyReached` of `@aceso/cohort`): never older than true. Only the band of 90 and more
 * takes its January, as whoever may be 90 belongs there.
 */
function ageAt(birth: string, asOf: string): number | null {
  assert(MONTH.test(asOf), 'the record date is YYYY-MM-DD');
  const [earliest, latest] = /^\d{4}$/.test(birth) ? [`${birth}-01`, `${birth}-12`] : [birth, birth];
  if (!MONTH.test(latest)) return null;
  if (fullYears(earliest, asOf) >= AGE_POOLED_FROM) return AGE_POOLED_FROM;
  const years = fullYears(latest, asOf);
  return years < 0 ? null : years;
}

function fullYears(birth: string, asOf: string): number {
  const beforeBirthday = asOf.slice(5, 7) < birth.slice(5, 7);
  return Number(asOf.slice(0, 4)) - Number(birth.slice(0, 4)) - (beforeBirthday ? 1 : 0);
}

function releasedZip3(zip3: string, restricted: readonly string[]): string | null {
  if (!/^\d{3}$/.test(zip3)) return null;
  return restricted.includes(zip3) ? '000' : zip3;
}

/** How far the quasi-identifiers of all persons of an order are generalised: one node of the lattice. */
export interface Generalisation {
  readonly ageBandYears: 5 | 10 | 20 | 40;
  readonly location: 'zip3' | 'state' | 'none';
  readonly race: 'kept' | 'none';
  readonly ethnicity: 'kept' | 'none';
}

/** What the Patient row shows; absent where unknown or generalised away. */
export interface GeneralisedAttributes {
  readonly ageBand?: string;
  readonly gender?: string;
  readonly state?: string;
  readonly zip3?: string;
  readonly race?: string;
  readonly ethnicity?: string;
}

/** Applies a node to one person. */
export function generalise(person: QuasiIdentifiers, node: Generalisation): GeneralisedAttributes {
  return {
    ...(person.age === null ? {} : { ageBand: ageBand(person.age, node.ageBandYears) }),
    ...(person.sex === null ? {} : { gender: person.sex }),
    ...(node.location === 'none' || person.state === null ? {} : { state: person.state }),
    ...(node.location !== 'zip3' || person.zip3 === null ? {} : { zip3: person.zip3 }),
    ...(node.race === 'none' || person.race === null ? {} : { race: person.race }),
    ...(node.ethnicity === 'none' || person.ethnicity === null ? {} : { ethnicity: person.ethnicity }),
  };
}

/**
 * `40-44`, `90+`. Bands of 20 and 40 years end with `80+`, as a band of ten years would stay small there; each band lies
 * inside one band of the next width.
 */
export function ageBand(age: number, years: Generalisation['ageBandYears']): string {
  const openFrom = years <= 10 ? AGE_POOLED_FROM : 80;
  if (age >= openFrom) return `${openFrom}+`;
  const from = Math.floor(age / years) * years;
  return `${from}-${from + years - 1}`;
}

/** The attributes on which k holds, in the order of the class key. */
export const CLASS_ATTRIBUTES = ['ageBand', 'gender', 'state', 'zip3', 'race', 'ethnicity'] as const;

/** Names the equivalence class of a Patient row or of generalised attributes: an unknown value is a value. */
export function classKey(attributes: { readonly [attribute: string]: unknown } | GeneralisedAttributes): string {
  const row = attributes as { readonly [attribute: string]: unknown };
  return CLASS_ATTRIBUTES.map((attribute) => (typeof row[attribute] === 'string' ? row[attribute] : '')).join('|');
}
