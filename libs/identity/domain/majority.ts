/** Between which births somebody may be on either side of majority: births are known by month (YYYY-MM). */
export interface AgeLimits {
  /** Latest month of which everybody has come of age. */
  readonly adultUntil: string;
  /** Earliest month of which nobody has. */
  readonly minorFrom: string;
}

/** Both limits at `at` (milliseconds since 1970-01-01T00:00:00Z, UTC). Who is born between them is taken for neither. */
export function ageLimits(at: number, years: number): AgeLimits {
  return { adultUntil: adultUntil(at, years), minorFrom: minorFrom(at, years) };
}

/**
 * Latest birth month of which every child has reached `years` at `at`. Born in the month of the birthday itself, a person may reach
 * the age on its last day only: the month before is sure.
 */
export function adultUntil(at: number, years: number): string {
  return monthBefore(at, years, 1);
}

/**
 * Earliest birth month of which surely nobody has reached `years` at `at`: who may come of age in this month counts as of age, so that
 * nobody decides for an adult.
 */
export function minorFrom(at: number, years: number): string {
  return monthBefore(at, years, -1);
}

function monthBefore(at: number, years: number, months: number): string {
  const now = new Date(at);
  const index = (now.getUTCFullYear() - years) * 12 + now.getUTCMonth() - months;
  const year = Math.floor(index / 12);
  return `${String(year).padStart(4, '0')}-${String(index - year * 12 + 1).padStart(2, '0')}`;
}
