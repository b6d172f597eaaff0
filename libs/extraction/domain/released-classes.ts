import { classKey, type LinkedRecord } from '@aceso/deidentification/domain';

/** Collects the class of every person of final files while their rows pass by, from the Patient rows. */
export class ReleasedClasses {
  readonly #records: LinkedRecord[] = [];

  add(row: { readonly [element: string]: unknown }): void {
    if (row['resourceType'] === 'Patient') this.#records.push({ person: String(row['id']), classKey: classKey(row) });
  }

  records(): readonly LinkedRecord[] {
    return this.#records;
  }
}
