import { dayOf, type Day } from './day';
import { lifeSpan } from './lifetime';
import { SeededRandom } from './random';
import { TOWNS } from './vocabulary';

/** Persons of one block, as many as a block of the fact index has. */
export const SYNTHETIC_BLOCK_PERSONS = 65_536;
/** Values are whole numbers of tenths. */
export const SYNTHETIC_DECIMALS = 1;
export const SYNTHETIC_CODE_SYSTEM = 'urn:example:synthetic';

/** Codes of each kind, and how many facts of it stand at one visit on average; within a kind a code is as frequent as 1 / rank. */
const KINDS = [
  { kind: 'condition', codes: 1_500, atVisit: 1 },
  { kind: 'observation', codes: 1_500, atVisit: 50 / 15 },
  { kind: 'medication', codes: 1_500, atVisit: 20 / 15 },
  { kind: 'encounter', codes: 500, atVisit: 1 },
] as const;
/** Visits of a person of middle age, and how they spread (log-normal with mean 1). */
const VISITS = 15;
const SPREAD = 0.6;
/** Care grows with age: so much of it at birth, all of it at the mean of all ages. */
const CARE_AT_BIRTH = 0.4;
const MEAN_AGE_DAYS = 47.5 * 365.2425;
/** Records begin at most so many days before the last one. */
const RECORD_DAYS_MAX = 7_000;
const TENTHS = 2_000;

/** A code of made-up facts; its number is its place in SYNTHETIC_CODES, its name `c` and the number after that. */
export interface SyntheticCode {
  readonly kind: (typeof KINDS)[number]['kind'];
  readonly code: string;
}

export const SYNTHETIC_CODES: readonly SyntheticCode[] = KINDS.flatMap(({ kind, codes }) =>
  Array.from({ length: codes }, () => kind),
).map((kind, at) => ({ kind, code: `c${at + 1}` }));

/** Facts of one code in one block, by person and then by day. */
export interface SyntheticColumns {
  readonly n: number;
  /** Places of persons in the block. */
  readonly slots: Uint16Array;
  /** Days since 1970-01-01. */
  readonly days: Int32Array;
  /** In tenths; null where the kind has no values. */
  readonly values: Int32Array | null;
}

/** Up to 65,536 made-up persons with all their facts. */
export interface SyntheticBlock {
  readonly number: number;
  readonly persons: number;
  /** Months since year 0. */
  readonly births: Int16Array;
  /** 0 female, 1 male. */
  readonly sexes: Uint8Array;
  /** The first three digits of a ZIP code. */
  readonly zips: Uint16Array;
  readonly facts: number;
  /** The facts of the code with this place in SYNTHETIC_CODES. */
  columns(code: number): SyntheticColumns;
}

export interface SyntheticFactsOptions {
  readonly persons: number;
  readonly seed: number;
  /** The day at which the lifetimes end, YYYY-MM-DD. */
  readonly asOf: string;
}

/**
 * Makes persons with about a hundred facts each, block by block, without the detour over FHIR: lifetimes as of `makeLifetime`, visits in
 * them, facts at the visits. The same options give the same bytes, and fewer persons are the first of more. Holds one block at a time.
 */
export function* syntheticFacts({ persons, seed, asOf }: SyntheticFactsOptions): Generator<SyntheticBlock> {
  const random = new SeededRandom(seed);
  const today = dayOf(asOf);
  const facts = new FactBuffer();
  for (let from = 0; from < persons; from += SYNTHETIC_BLOCK_PERSONS) {
    const size = Math.min(SYNTHETIC_BLOCK_PERSONS, persons - from);
    const births = new Int16Array(size);
    const sexes = new Uint8Array(size);
    const zips = new Uint16Array(size);
    facts.clear();
    for (let slot = 0; slot < size; slot += 1) {
      const { birth, end, female } = lifeSpan(random, today);
      births[slot] = monthOf(birth);
      sexes[slot] = female ? 0 : 1;
      zips[slot] = Number(random.weighted(WEIGHTED_TOWNS).postalCode.slice(0, 3));
      for (const day of visitDays(random, birth, end)) writeVisit(random, facts, { slot, day });
    }
    const number = from / SYNTHETIC_BLOCK_PERSONS;
    yield { number, persons: size, births, sexes, zips, facts: facts.length, columns: facts.byCode() };
  }
}

const WEIGHTED_TOWNS = TOWNS.map((town) => [town, town.weight] as const);

function monthOf(day: Day): number {
  const date = new Date(day * 86_400_000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function visitDays(random: SeededRandom, birth: Day, end: Day): Int32Array {
  const burden = Math.exp(random.normal(-(SPREAD ** 2) / 2, SPREAD));
  const care = CARE_AT_BIRTH + (1 - CARE_AT_BIRTH) * ((end - birth) / MEAN_AGE_DAYS);
  const first = Math.max(birth, end - RECORD_DAYS_MAX);
  const visits = Math.max(1, Math.round(VISITS * burden * care));
  return Int32Array.from({ length: visits }, () => random.between(first, end)).sort();
}

const PLANS = KINDS.map(({ kind, codes, atVisit }, at) => ({
  first: KINDS.slice(0, at).reduce((sum, each) => sum + each.codes, 0),
  codes,
  atVisit,
  valued: kind === 'observation',
  scale: Math.log(codes + 1),
}));

function writeVisit(random: SeededRandom, facts: FactBuffer, { slot, day }: { slot: number; day: Day }): void {
  for (const { first, codes, atVisit, valued, scale } of PLANS) {
    for (let left = Math.floor(atVisit + random.unit()); left > 0; left -= 1) {
      // The inverse of the distribution function of 1 / rank.
      const rank = Math.min(codes - 1, Math.floor(Math.exp(random.unit() * scale)) - 1);
      facts.add(first + rank, slot, day, valued ? random.between(0, TENTHS - 1) : 0);
    }
  }
}

/** Facts of one block as they come, in columns that grow and are used again for the next block. */
class FactBuffer {
  length = 0;
  private codes = new Uint16Array(1 << 16);
  private slots = new Uint16Array(1 << 16);
  private days = new Int32Array(1 << 16);
  private values = new Int32Array(1 << 16);

  clear(): void {
    this.length = 0;
  }

  add(code: number, slot: number, day: number, value: number): void {
    if (this.length === this.codes.length) this.grow();
    this.codes[this.length] = code;
    this.slots[this.length] = slot;
    this.days[this.length] = day;
    this.values[this.length] = value;
    this.length += 1;
  }

  /** A counting sort by code: two passes, and the order within a code stays. */
  byCode(): SyntheticBlock['columns'] {
    const starts = new Uint32Array(SYNTHETIC_CODES.length + 1);
    for (let at = 0; at < this.length; at += 1) starts[this.codes[at]! + 1]! += 1;
    for (let code = 0; code < SYNTHETIC_CODES.length; code += 1) starts[code + 1]! += starts[code]!;
    const next = starts.slice();
    const slots = new Uint16Array(this.length);
    const days = new Int32Array(this.length);
    const values = new Int32Array(this.length);
    for (let at = 0; at < this.length; at += 1) {
      const to = next[this.codes[at]!]!++;
      slots[to] = this.slots[at]!;
      days[to] = this.days[at]!;
      values[to] = this.values[at]!;
    }
    return (code) => {
      const [from, to] = [starts[code]!, starts[code + 1]!];
      const valued = SYNTHETIC_CODES[code]!.kind === 'observation';
      return {
        n: to - from,
        slots: slots.subarray(from, to),
        days: days.subarray(from, to),
        values: valued ? values.subarray(from, to) : null,
      };
    };
  }

  private grow(): void {
    const size = this.codes.length * 2;
    this.codes = grown(this.codes, new Uint16Array(size));
    this.slots = grown(this.slots, new Uint16Array(size));
    this.days = grown(this.days, new Int32Array(size));
    this.values = grown(this.values, new Int32Array(size));
  }
}

function grown<Column extends Uint16Array | Int32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
