import type { JsonMembers } from './element-rules';
import { firstDay } from './row-dates';

/**
 * How far two final packages that may hold the same persons can be joined. Everything but values must join nothing; what
 * values join is not denied but measured (rule 7 of the README).
 */
export interface Linkage {
  readonly persons: readonly [number, number];
  /** Ids, references and subjects that stand in both packages: must be 0. */
  readonly sharedIdentifiers: number;
  /**
   * Persons of the first package that join to one person of the second by the list of their dates. Two sales give a
   * person the same shift once in 2R times; beyond that chance it must be 0.
   */
  readonly byDates: number;
  /** Persons that join by the place of their rows in the files: the same place and the same number of rows. Chance only. */
  readonly byOrder: number;
  /** Shares of the first package's persons that join to exactly one person of the second by values alone. */
  readonly byValues: {
    readonly diagnoses: number;
    readonly codes: number;
    readonly intervals: number;
    readonly numbers: number;
  };
}

type Package = Iterable<JsonMembers>;

interface Prints {
  place: number;
  rows: number;
  readonly days: number[];
  readonly diagnoses: Set<string>;
  readonly codes: string[];
  readonly numbers: string[];
}

/** Compares the rows of two packages, each in the order of its files. */
export function measureLinkage(first: Package, second: Package): Linkage {
  const [one, other] = [fingerprints(first), fingerprints(second)];
  const join = (key: (prints: Prints) => string | undefined) =>
    joined([...one.persons.values()], [...other.persons.values()], key);
  const share = (matches: number) => (one.persons.size === 0 ? 0 : matches / one.persons.size);
  let sharedIdentifiers = 0;
  for (const id of one.identifiers) if (other.identifiers.has(id)) sharedIdentifiers += 1;
  return {
    persons: [one.persons.size, other.persons.size],
    sharedIdentifiers,
    byDates: join(({ days }) => (days.length === 0 ? undefined : sorted(days).join())),
    byOrder: join(({ place, rows }) => `${place}/${rows}`),
    byValues: {
      diagnoses: share(join(({ diagnoses }) => (diagnoses.size === 0 ? undefined : [...diagnoses].sort().join()))),
      codes: share(join(({ codes }) => (codes.length === 0 ? undefined : codes.sort().join()))),
      intervals: share(join(({ days }) => intervals(days))),
      numbers: share(join(({ numbers }) => (numbers.length === 0 ? undefined : numbers.sort().join()))),
    },
  };
}

/** Persons of `first` whose key is unique there and stands exactly once in `second`. */
function joined(
  first: readonly Prints[],
  second: readonly Prints[],
  key: (prints: Prints) => string | undefined,
): number {
  const counts = (persons: readonly Prints[]) => {
    const found = new Map<string, number>();
    for (const person of persons) {
      const value = key(person);
      if (value !== undefined) found.set(value, (found.get(value) ?? 0) + 1);
    }
    return found;
  };
  const there = counts(second);
  return [...counts(first)].filter(([value, count]) => count === 1 && there.get(value) === 1).length;
}

const sorted = (days: readonly number[]) => [...days].sort((a, b) => a - b);

function intervals(days: readonly number[]): string | undefined {
  if (days.length < 2) return undefined;
  const order = sorted(days);
  return order.map((day) => day - order[0]!).join();
}

function fingerprints(rows: Package): { persons: Map<string, Prints>; identifiers: Set<string> } {
  const persons = new Map<string, Prints>();
  const identifiers = new Set<string>();
  for (const row of rows) {
    const isPatient = row['resourceType'] === 'Patient';
    const subject = row['subject'] as { readonly reference: string } | undefined;
    const pseudonym = isPatient ? String(row['id']) : String(subject?.reference).slice('Patient/'.length);
    let prints = persons.get(pseudonym);
    if (!prints) {
      prints = { place: persons.size, rows: 0, days: [], diagnoses: new Set(), codes: [], numbers: [] };
      persons.set(pseudonym, prints);
    }
    prints.rows += 1;
    identifiers.add(String(row['id']));
    const day = firstDay(row);
    if (day !== undefined) prints.days.push(day);
    collect(row, {
      prints,
      identifiers,
      diagnosis: row['resourceType'] === 'Condition',
      path: String(row['resourceType']),
    });
  }
  return { persons, identifiers };
}

interface Collecting {
  readonly prints: Prints;
  readonly identifiers: Set<string>;
  readonly diagnosis: boolean;
  readonly path: string;
}

function collect(value: unknown, into: Collecting): void {
  if (typeof value === 'number') into.prints.numbers.push(`${into.path}=${value}`);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) return value.forEach((one) => collect(one, into));
  const members = value as JsonMembers;
  if (typeof members['reference'] === 'string') into.identifiers.add(members['reference']);
  if ('code' in members && 'system' in members && !('value' in members)) {
    const code = `${String(members['system'])}|${String(members['code'])}`;
    into.prints.codes.push(code);
    if (into.diagnosis && into.path.endsWith('.code.coding')) into.prints.diagnoses.add(code);
  }
  for (const [member, inner] of Object.entries(members)) collect(inner, { ...into, path: `${into.path}.${member}` });
}
