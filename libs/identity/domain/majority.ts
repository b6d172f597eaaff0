/**
 * Earliest birth month (YYYY-MM) of which surely nobody has reached `years` at `at` (milliseconds since
 * 1970-01-01T00:00:00Z, UTC). Births are known by month: who may come of age in this month counts as of age, so that nobody decides for
 * an adult.
 */
export function minorFrom(at: number, years: number): string {
  const now = new Date(at);
  const index = (now.getUTCFullYear() - years) * 12 + now.getUTCMonth() + 1;
  return `${String(Math.floor(index / 12)).padStart(4, '0')}-${String((index % 12) + 1).padStart(2, '0')}`;
}
