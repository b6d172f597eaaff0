import { dayText } from './calendar';
import type { JsonMembers } from './element-rules';
import type { Policy } from './policy';
import { CLASS_ATTRIBUTES, classKey } from './quasi-identifiers';
import { earliestDay, firstDay } from './row-dates';
import { RESOURCE_RULES } from './rules/resource-rules';

/** What the final files say of the risk that is left. Shares lie between 0 and 1. */
export interface FinalMeasure {
  /** The attributes on which k holds, and no others. */
  readonly attributes: readonly string[];
  readonly persons: number;
  readonly rows: number;
  /** Persons who were left out before; told by the caller. */
  readonly suppressed: number;
  readonly classes: number;
  readonly classSizeMin: number;
  /** Number of classes by size, ascending. */
  readonly classSizes: readonly { readonly size: number; readonly classes: number }[];
  /** An attacker who knows that the person is in the files: highest chance and average chance of a hit. */
  readonly prosecutorRisk: { readonly max: number; readonly average: number };
  readonly uniqueTrajectories: {
    /** Share of persons whose set of diagnosis codes nobody else has. */
    readonly byDiagnoses: number;
    /** The same, inside their class of the attributes above. */
    readonly byDiagnosesInClass: number;
    /** Share of persons unique by number of dated rows and days from the first to the last. */
    readonly byCountAndInterval: number;
  };
  /**
   * Share of persons who are alone in their class together with the year of their earliest date: a lifetime of dates
   * implies an age that k on the age band does not cover.
   */
  readonly uniqueByFirstYear: number;
}

interface Trajectory {
  classKey: string | undefined;
  readonly diagnoses: Set<string>;
  events: number;
  first: number;
  last: number;
  /** The earliest day of any date in any row, dates inside of a row too. */
  earliest: number;
}

/** Reads the rows of final files, in any order, and measures them. Memory grows with the persons, not with the rows. */
export class FinalMeasurement {
  private readonly persons = new Map<string, Trajectory>();
  /** One text a code, however many persons have it. */
  private readonly codes = new Map<string, string>();
  private rows = 0;

  /** `resources` of the policy that released the rows: they say where dates stand. */
  constructor(private readonly resources: Policy['resources'] = RESOURCE_RULES) {}

  add(row: JsonMembers): void {
    this.rows += 1;
    const type = row['resourceType'];
    if (type === 'Patient') {
      this.person(String(row['id'])).classKey = classKey(row);
      return;
    }
    const subject = row['subject'] as { readonly reference?: unknown } | undefined;
    const trajectory = this.person(String(subject?.reference).slice('Patient/'.length));
    if (type === 'Condition') this.addCodes(row['code'], trajectory.diagnoses);
    trajectory.earliest = Math.min(trajectory.earliest, earliestDay(row, this.resources));
    const day = firstDay(row, this.resources);
    if (day === undefined) return;
    trajectory.events += 1;
    trajectory.first = Math.min(trajectory.first, day);
    trajectory.last = Math.max(trajectory.last, day);
  }

  /** `suppressed`: persons whom the choice of the generalisation left out. */
  result(suppressed: number): FinalMeasure {
    const persons = [...this.persons.values()];
    const classes = sizes(persons.map((person) => person.classKey ?? ''));
    const members = [...classes.values()];
    const smallest = members.reduce((least, size) => Math.min(least, size), Infinity);
    return {
      attributes: CLASS_ATTRIBUTES,
      persons: persons.length,
      rows: this.rows,
      suppressed,
      classes: classes.size,
      classSizeMin: persons.length === 0 ? 0 : smallest,
      classSizes: [...sizes(members)].sort(([a], [b]) => a - b).map(([size, count]) => ({ size, classes: count })),
      prosecutorRisk: {
        max: persons.length === 0 ? 0 : 1 / smallest,
        average: persons.length === 0 ? 0 : classes.size / persons.length,
      },
      uniqueTrajectories: {
        byDiagnoses: uniqueShare(persons.map(diagnosisKey)),
        byDiagnosesInClass: uniqueShare(persons.map((person) => `${person.classKey}#${diagnosisKey(person)}`)),
        byCountAndInterval: uniqueShare(
          persons.map(({ events, first, last }) => `${events}/${events === 0 ? 0 : last - first}`),
        ),
      },
      uniqueByFirstYear: uniqueShare(persons.map((person) => `${person.classKey}#${firstYear(person)}`)),
    };
  }

  private addCodes(concept: unknown, into: Set<string>): void {
    const codings = (concept as { readonly coding?: unknown } | undefined)?.coding;
    if (!Array.isArray(codings)) return;
    for (const { system, code } of codings as { readonly system: string; readonly code: string }[]) {
      const key = `${system}|${code}`;
      if (!this.codes.has(key)) this.codes.set(key, key);
      into.add(this.codes.get(key)!);
    }
  }

  private person(pseudonym: string): Trajectory {
    let person = this.persons.get(pseudonym);
    if (!person) {
      person = {
        classKey: undefined,
        diagnoses: new Set(),
        events: 0,
        first: Infinity,
        last: -Infinity,
        earliest: Infinity,
      };
      this.persons.set(pseudonym, person);
    }
    return person;
  }
}

/** Measures the rows of final files at once. */
export function measureFinal(rows: Iterable<JsonMembers>, suppressed = 0): FinalMeasure {
  const measurement = new FinalMeasurement();
  for (const row of rows) measurement.add(row);
  return measurement.result(suppressed);
}

const firstYear = ({ earliest }: Trajectory) => (earliest === Infinity ? 'none' : dayText(earliest).slice(0, 4));
const diagnosisKey = (person: Trajectory) => [...person.diagnoses].sort().join();

function sizes<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** Share of keys that occur once. */
function uniqueShare(keys: readonly string[]): number {
  if (keys.length === 0) return 0;
  return [...sizes(keys).values()].filter((count) => count === 1).length / keys.length;
}
