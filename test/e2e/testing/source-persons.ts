import { generatePopulation, type PopulationOptions } from '@aceso/fhir/synthetic';

export type Json = { readonly [member: string]: unknown };
export type Resource = Json & { readonly resourceType: string; readonly id: string };

/** One synthetic human being with everything that providers hold, as it was sent. */
export interface SourcePerson {
  readonly localIds: readonly string[];
  readonly resources: readonly Resource[];
}

/** The population again, as content: the same options give the files that the providers sent. */
export function sourcePersons(options: PopulationOptions): SourcePerson[] {
  return [...generatePopulation(options)].map((records) => ({
    localIds: records.map(({ patientId }) => patientId),
    resources: records.flatMap(({ bundle, device }) => [
      ...bundle.entry.map((entry) => (entry as { resource: Resource }).resource),
      ...(device as readonly Resource[]),
    ]),
  }));
}

type Leaf = readonly [path: string, value: unknown];

/** Every value of a resource with the path of its element. */
export function* leavesOf(value: unknown, path = ''): Generator<Leaf> {
  if (Array.isArray(value)) for (const one of value) yield* leavesOf(one, path);
  else if (typeof value === 'object' && value !== null) {
    for (const [member, inner] of Object.entries(value))
      yield* leavesOf(inner, path === '' ? member : `${path}.${member}`);
  } else yield [path, value];
}

const DATE = /^\d{4}-\d{2}-\d{2}/;
const DAY_MS = 86_400_000;

/** Day number and element of every date, as `Condition.onsetDateTime`; birth dates never leave and count for nothing. */
function datedElements(resource: Json): { element: string; day: number }[] {
  return [...leavesOf(resource)].flatMap(([path, value]) =>
    typeof value === 'string' && DATE.test(value) && path !== 'birthDate'
      ? [{ element: `${String(resource['resourceType'])}.${path}`, day: Date.parse(value.slice(0, 10)) / DAY_MS }]
      : [],
  );
}

/** What one released person was found to be: which source persons it can be, and by how many days the dates moved. */
export interface Match {
  readonly person: number;
  readonly shiftDays: number;
}

const SHIFT_DAYS_MAX = 182;

/** Finds who a released person is, as nobody without the source could: all dates moved by one number of days. */
export class DateMatcher {
  private readonly known: ReadonlySet<string>[];

  constructor(persons: readonly SourcePerson[]) {
    this.known = persons.map(
      ({ resources }) => new Set(resources.flatMap(datedElements).map(({ element, day }) => `${element}=${day}`)),
    );
  }

  /** Every person and shift that explains each date of the rows; 0 days would be the source's own dates. */
  matches(rows: readonly Json[]): Match[] {
    const dates = rows.flatMap(datedElements);
    const found: Match[] = [];
    this.known.forEach((known, person) => {
      for (let shiftDays = -SHIFT_DAYS_MAX; shiftDays <= SHIFT_DAYS_MAX; shiftDays += 1) {
        if (dates.every(({ element, day }) => known.has(`${element}=${day - shiftDays}`)))
          found.push({ person, shiftDays });
      }
    });
    return found;
  }
}
