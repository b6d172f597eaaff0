import { EVENT_KINDS, type EventKind } from './criteria';
import type { AnsweredCount } from './disclosure';
import type { Cell, Disclosing } from './disclosing';
import { ofWords, type PersonSet } from './person-set';

/** Sources that one catalogue counts, those that came first: with everything else a catalogue has fewer than 60 numbers. */
export const CATALOGUE_SOURCES_MAX = 25;
/** Years of first records that have a cell of their own, up to that of the record date. */
const YEARS_SHOWN = 20;

/** What persons have in the index, as numbers of persons (`register.person_index.number`). */
export interface Coverage {
  readonly kinds: ReadonlyMap<string, Int32Array>;
  /** By year of the first fact with a day. */
  readonly firstYears: ReadonlyMap<number, Int32Array>;
  /** By DID of the provider to whose records they are bound. */
  readonly sources: ReadonlyMap<string, Int32Array>;
}

/** What the numbers of a catalogue are of; each has a key of its own, and a catalogue of the same sources has the same. */
export interface CatalogueForm {
  readonly domains: readonly EventKind[];
  /** Labels of the table by year of the first record: each person is in one cell. */
  readonly years: readonly string[];
  /** DIDs of providers. */
  readonly sources: readonly string[];
}

/** One number of a catalogue, for the question that asks for it. */
export type CatalogueNumber =
  { readonly domain: EventKind } | { readonly firstYear: string | null } | { readonly source: string };

/** A catalogue as a research center is shown it on one day. */
export interface ShownCatalogue {
  /** Record date, YYYY-MM-DD. */
  readonly day: string;
  readonly total: AnsweredCount;
  readonly domains: readonly { readonly domain: string; readonly count: AnsweredCount }[];
  readonly firstYears: readonly { readonly label: string; readonly count: AnsweredCount }[];
  /** Those with as many persons as may be shown. */
  readonly sources: readonly { readonly did: string; readonly count: AnsweredCount }[];
}

/** The form of a catalogue on a record date (YYYY-MM-DD). */
export function catalogueForm(day: string, sources: readonly string[]): CatalogueForm {
  const last = Number(day.slice(0, 'YYYY'.length));
  const years = Array.from({ length: YEARS_SHOWN }, (_, nth) => String(last - YEARS_SHOWN + 1 + nth));
  return { domains: EVENT_KINDS, years: [`before ${years[0]}`, ...years, 'later or unknown'], sources };
}

/** All numbers beside that of everybody, in the order in which they are asked, counted and answered. */
export function catalogueNumbers({ domains, years, sources }: CatalogueForm): CatalogueNumber[] {
  return [
    ...domains.map((domain) => ({ domain })),
    ...years.map((firstYear) => ({ firstYear })),
    ...sources.map((source) => ({ source })),
  ];
}

/** The sets of these numbers among everybody. Whoever has no first year that is known is in the last cell of the years. */
export function catalogueSets(
  { domains, years, sources }: CatalogueForm,
  everybody: PersonSet,
  coverage: Coverage,
): PersonSet[] {
  const among = (...lists: readonly Int32Array[]) => setAmong(everybody, lists);
  const [first, last] = [Number(years[1]), Number(years.at(-2))];
  const known = [...coverage.firstYears].filter(([year]) => year <= last);
  const ofYears = (holds: (year: number) => boolean) =>
    among(...known.filter(([year]) => holds(year)).map(([, numbers]) => numbers));
  const shown = years.slice(1, -1).map((year) => ofYears((each) => each === Number(year)));
  const rest = without(everybody, among(...known.map(([, numbers]) => numbers)));
  return [
    ...domains.map((domain) => among(coverage.kinds.get(domain) ?? NO_NUMBERS)),
    ofYears((year) => year < first),
    ...shown,
    rest,
    ...sources.map((did) => among(coverage.sources.get(did) ?? NO_NUMBERS)),
  ];
}

const NO_NUMBERS = new Int32Array(0);

const HIDDEN: AnsweredCount = { approximate: null, suppressed: true };

interface Judged {
  readonly form: CatalogueForm;
  /** Of everybody, then of the numbers in their order; so are the sets. */
  readonly keys: readonly string[];
  readonly sets: readonly PersonSet[];
  /** For what is hidden of the table of years. */
  readonly rest: string;
}

/**
 * Judges a catalogue. Domains and sources overlap, so each of them is a number of its own; years are a table: where the number of
 * everybody is not shown, none of them is, as they add up to it.
 */
export function judgeCatalogue(disclosing: Disclosing, { form, keys, sets, rest }: Judged): AnsweredCount[] {
  const number = (at: number): AnsweredCount => disclosing.number(keys[at]!, sets[at]!);
  const total = number(0);
  const firstYear = 1 + form.domains.length;
  const firstSource = firstYear + form.years.length;
  const cells = form.years.map((_, nth): Cell => ({ key: keys[firstYear + nth]!, set: sets[firstYear + nth]! }));
  return [
    total,
    ...form.domains.map((_, nth) => number(1 + nth)),
    ...(total.approximate === null ? cells.map(() => HIDDEN) : disclosing.table(rest, cells, sets[0]!)),
    ...form.sources.map((_, nth) => number(firstSource + nth)),
  ];
}

function setAmong(everybody: PersonSet, lists: readonly Int32Array[]): PersonSet {
  const words = new Uint32Array(everybody.words.length);
  for (const list of lists)
    for (const number of list) if (number >> 5 < words.length) words[number >> 5]! |= 1 << (number & 31);
  for (let at = 0; at < words.length; at += 1) words[at]! &= everybody.words[at]!;
  return ofWords(words);
}

const without = (all: PersonSet, some: PersonSet): PersonSet =>
  ofWords(all.words.map((word, at) => word & ~some.words[at]!));
