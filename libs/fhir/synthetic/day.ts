/** Calendar days as whole numbers since 1970-01-01, so that lifetimes are plain arithmetic. */
export type Day = number;

const DAY_MS = 86_400_000;

export function dayOf(date: string): Day {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}

/** FHIR `date` of a day. */
export function dateOf(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** FHIR `instant` of a day at a second of that day, in the eastern time zone of the United States. */
export function instantOf(day: Day, secondOfDay: number): string {
  return `${new Date(day * DAY_MS + secondOfDay * 1000).toISOString().slice(0, 19)}-05:00`;
}

export function addYears(day: Day, years: number): Day {
  return Math.round(day + years * 365.2425);
}
