import { assert } from '@aceso/kernel';
import { BLOCK_SLOTS } from './fact-block';

export const SEXES = ['female', 'male', 'other', 'unknown'] as const;
/** Nothing is known, in columns of months and ZIP codes. */
export const UNKNOWN = -1;
/** Bytes of one person in a block. */
const PERSON_BYTES = 11;

/** What the index knows of the persons of one block, a column each. */
export interface PersonColumns {
  readonly n: number;
  /** slot & 65535. */
  readonly slots: Uint16Array;
  /** First and last month in which the person may be born, in months since year 0; UNKNOWN. */
  readonly firstMonths: Int16Array;
  readonly lastMonths: Int16Array;
  /** First three digits of a ZIP code; UNKNOWN. */
  readonly zip3: Int16Array;
  /** Two letters as of `stateNumber`; 0 unknown. */
  readonly states: Uint16Array;
  /** Place in SEXES. */
  readonly sexes: Uint8Array;
}

/** A person of the index on its way into columns. */
export interface PersonEntry {
  readonly slot: number;
  /** YYYY-MM or YYYY. */
  readonly birthMonth: string | null;
  readonly sex: string;
  readonly zip3: string | null;
  readonly state: string | null;
}

/** Two letters as one number. */
export function stateNumber(state: string): number {
  return state.charCodeAt(0) * 256 + state.charCodeAt(1);
}

/** Months since year 0 of the first and the last month that a birth may mean: a year alone is January and December. */
export function birthMonths(birth: string | null): readonly [number, number] {
  if (birth === null) return [UNKNOWN, UNKNOWN];
  const year = Number(birth.slice(0, 4)) * 12;
  if (birth.length === 4) return [year, year + 11];
  const month = year + Number(birth.slice(5)) - 1;
  return [month, month];
}

/** Persons as the bytes of a block, by slot: the columns in the order of PersonColumns. */
export function encodePersons(entries: readonly PersonEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => a.slot - b.slot);
  const n = sorted.length;
  const data = new Uint8Array(n * PERSON_BYTES);
  const view = new DataView(data.buffer);
  for (const [at, { slot, birthMonth, sex, zip3, state }] of sorted.entries()) {
    const [first, last] = birthMonths(birthMonth);
    view.setUint16(2 * at, slot & (BLOCK_SLOTS - 1), true);
    view.setInt16(2 * (n + at), first, true);
    view.setInt16(2 * (2 * n + at), last, true);
    view.setInt16(2 * (3 * n + at), zip3 === null ? UNKNOWN : Number(zip3), true);
    view.setUint16(2 * (4 * n + at), state === null ? 0 : stateNumber(state), true);
    const place = SEXES.findIndex((each) => each === sex);
    assert(place !== -1, 'a sex is one of FHIR R4 administrative gender');
    data[10 * n + at] = place;
  }
  return data;
}

/** The columns of a block in memory that threads share. */
export function decodePersons(data: Uint8Array, n: number): PersonColumns {
  assert(data.length === n * PERSON_BYTES, 'a block of persons has so many bytes a person');
  const shared = new SharedArrayBuffer(data.length);
  new Uint8Array(shared).set(data);
  const column = <Kind>(make: new (buffer: SharedArrayBuffer, offset: number, length: number) => Kind, at: number) =>
    new make(shared, 2 * at * n, n);
  return {
    n,
    slots: column(Uint16Array, 0),
    firstMonths: column(Int16Array, 1),
    lastMonths: column(Int16Array, 2),
    zip3: column(Int16Array, 3),
    states: column(Uint16Array, 4),
    sexes: column(Uint8Array, 5),
  };
}
