import type { Policy } from '@aceso/deidentification/domain';
import { collectCodes, collectPlainCodes, personOf } from './row-scan';

/**
 * Finds the codes that fewer than `k` persons have in the final files. Of each code at most `k` persons are remembered,
 * so memory grows with the distinct codes only.
 */
export class CodeSpread {
  readonly #persons = new Map<string, Set<string>>();

  constructor(
    private readonly k: number,
    private readonly policy: Pick<Policy, 'resources'>,
    /** Pseudonyms of persons who do not count; a code of theirs alone is rare. */
    private readonly uncounted: ReadonlySet<string> = new Set(),
  ) {}

  add(row: { readonly [element: string]: unknown }): void {
    const codes = new Set<string>();
    collectCodes(row, codes);
    collectPlainCodes(row, codes, this.policy);
    if (codes.size === 0) return;
    const person = personOf(row);
    for (const code of codes) {
      let persons = this.#persons.get(code);
      if (!persons) this.#persons.set(code, (persons = new Set()));
      if (persons.size < this.k && !this.uncounted.has(person)) persons.add(person);
    }
  }

  /** Keys of codes, units and plain codes of fewer than `k` persons. */
  rare(): ReadonlySet<string> {
    return new Set([...this.#persons].filter(([, persons]) => persons.size < this.k).map(([code]) => code));
  }
}
