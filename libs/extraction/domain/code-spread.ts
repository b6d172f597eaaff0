import { collectCodes, personOf } from './row-scan';

/**
 * Finds the codes that fewer than `k` persons have in the final files. Of each code at most `k` persons are remembered,
 * so memory grows with the distinct codes only.
 */
export class CodeSpread {
  readonly #persons = new Map<string, Set<string>>();

  constructor(private readonly k: number) {}

  add(row: { readonly [element: string]: unknown }): void {
    const codes = new Set<string>();
    collectCodes(row, codes);
    if (codes.size === 0) return;
    const person = personOf(row);
    for (const code of codes) {
      let persons = this.#persons.get(code);
      if (!persons) this.#persons.set(code, (persons = new Set()));
      if (persons.size < this.k) persons.add(person);
    }
  }

  /** Codes (`system|code`) of fewer than `k` persons. */
  rare(): ReadonlySet<string> {
    return new Set([...this.#persons].filter(([, persons]) => persons.size < this.k).map(([code]) => code));
  }
}
