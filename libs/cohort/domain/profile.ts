import { SEXES, UNKNOWN } from '@aceso/register/domain';
import type { Criteria } from './criteria';

/** A person whom all rules hold for, as far as tables tell. */
export interface Member {
  /** `register.person_index.number`. */
  readonly number: number;
  /** Place in SEXES; UNKNOWN where nothing is said. */
  readonly sex: number;
  /** First and last month in which the birth may have been, in months since year 0; UNKNOWN. */
  readonly bornFirst: number;
  readonly bornLast: number;
  /** Days since 1970-01-01; null without an entry. */
  readonly entryDay: number | null;
}

export const PROFILE_TABLES = ['AGE', 'SEX', 'ENTRY_YEAR', 'BIRTH_DECADE'] as const;
export type ProfileTable = (typeof PROFILE_TABLES)[number];

/** A table whose cells are there whoever is counted: neither its rows nor their order say anything. Each person is in one cell. */
export interface TableForm<Name extends string = ProfileTable> {
  readonly table: Name;
  readonly cells: readonly string[];
  /** The place of a person's cell. */
  readonly cellOf: (member: Member) => number;
}

const ELDEST_YEARS = 90;
const ADULT_YEARS = 18;
/** Years of entry that have a cell of their own, up to that of the record date. */
const YEARS_SHOWN = 20;
const FIRST_DECADE = 1930;
const UNKNOWN_CELL = 'unknown';
const DAY_MS = 86_400_000;

/** The tables of a cohort at a record date (YYYY-MM-DD). Ages are full years that are surely reached. */
export function profileTables(criteria: Criteria, day: string): TableForm[] {
  const year = Number(day.slice(0, 'YYYY'.length));
  const month = 12 * year + Number(day.slice('YYYY-'.length, 'YYYY-MM'.length)) - 1;
  return [ages(month), ...sexes(criteria), criteria.entry ? entryYears(year) : birthDecades(year)];
}

function ages(month: number): TableForm {
  const decades = Array.from({ length: 6 }, (_, nth) => 30 + 10 * nth);
  const cells = ['0-17', '18-29', ...decades.map((from) => `${from}-${from + 9}`), `${ELDEST_YEARS}+`, UNKNOWN_CELL];
  const cellOf = ({ bornLast }: Member): number => {
    if (bornLast === UNKNOWN) return cells.length - 1;
    const years = Math.floor((month - 1 - bornLast) / 12);
    if (years < ADULT_YEARS) return 0;
    return Math.max(1, Math.min(Math.floor(years / 10) - 1, cells.length - 2));
  };
  return { table: 'AGE', cells, cellOf };
}

/** The sexes that the criteria leave open, where they are several: the others are in nobody's interest. */
function sexes({ all }: Criteria): TableForm[] {
  const open = SEXES.filter((sex) => all.every((rule) => !('sex' in rule) || rule.sex.includes(sex)));
  if (open.length < 2) return [];
  const cellOf = ({ sex }: Member): number => {
    const place = open.indexOf(SEXES[sex]!);
    return place === -1 ? open.length : place;
  };
  return [{ table: 'SEX', cells: [...open, ...(open.length < SEXES.length ? [] : ['not said'])], cellOf }];
}

function entryYears(year: number): TableForm {
  const first = year - YEARS_SHOWN + 1;
  const years = Array.from({ length: YEARS_SHOWN }, (_, nth) => `${first + nth}`);
  const cellOf = ({ entryDay }: Member): number => {
    const of = new Date(entryDay! * DAY_MS).getUTCFullYear();
    return Math.max(0, Math.min(of - first + 1, YEARS_SHOWN + 1));
  };
  return { table: 'ENTRY_YEAR', cells: ['earlier', ...years, 'later'], cellOf };
}

function birthDecades(year: number): TableForm {
  const last = Math.floor(year / 10) * 10;
  const decades: number[] = [];
  for (let from = FIRST_DECADE; from <= last; from += 10) decades.push(from);
  const cells = ['earlier', ...decades.map((from) => `${from}-${from + 9}`), UNKNOWN_CELL];
  const cellOf = ({ bornFirst }: Member): number => {
    if (bornFirst === UNKNOWN) return cells.length - 1;
    const nth = Math.floor((Math.floor(bornFirst / 12) - FIRST_DECADE) / 10) + 1;
    return Math.max(0, Math.min(nth, decades.length));
  };
  return { table: 'BIRTH_DECADE', cells, cellOf };
}
