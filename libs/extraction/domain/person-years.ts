import { dayText, firstDay } from '@aceso/deidentification/domain';
import { personOf } from './row-scan';

/**
 * Counts the persons of a data file, and those with a row in each year, while its rows pass by. Rows of one person stand
 * together, as they do in every data file, so that memory holds the years of one person only.
 */
export class PersonYears {
  #persons = 0;
  #person: string | undefined;
  readonly #ofPerson = new Set<string>();
  readonly #years = new Map<string, number>();

  add(row: { readonly resourceType: string; readonly [element: string]: unknown }): void {
    const person = personOf(row);
    if (person !== this.#person) {
      this.#person = person;
      this.#persons += 1;
      this.#ofPerson.clear();
    }
    const day = firstDay(row);
    if (day === undefined) return;
    const year = dayText(day).slice(0, 4);
    if (this.#ofPerson.has(year)) return;
    this.#ofPerson.add(year);
    this.#years.set(year, (this.#years.get(year) ?? 0) + 1);
  }

  get persons(): number {
    return this.#persons;
  }

  /** Persons by released year of their rows, the earliest first. */
  years(): readonly (readonly [year: string, persons: number])[] {
    return [...this.#years].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
