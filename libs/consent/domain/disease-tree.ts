import { canonicalJson, hex, utf8, type Sha256 } from '@aceso/kernel';

/** Terms of the largest disease tree that is read: Mondo has about 30,000 with their obsolete ones. */
export const DISEASE_TERMS_MAX = 500_000;

/** One term of a disease ontology. */
export interface DiseaseTerm {
  readonly code: string;
  readonly name?: string;
  readonly parents: readonly string[];
}

/** Which disease is part of which: a directed graph without cycles, read once. */
export class DiseaseTree {
  readonly #terms: ReadonlyMap<string, DiseaseTerm>;
  readonly #reached = new Map<string, ReadonlySet<string>>();

  /** Later terms of a code add parents to earlier ones. */
  constructor(terms: Iterable<DiseaseTerm>) {
    const merged = new Map<string, DiseaseTerm>();
    for (const term of terms) {
      const known = merged.get(term.code);
      const name = term.name ?? known?.name;
      const parents = [...new Set([...(known?.parents ?? []), ...term.parents])].sort();
      merged.set(term.code, { code: term.code, parents, ...(name !== undefined && { name }) });
    }
    this.#terms = merged;
  }

  get size(): number {
    return this.#terms.size;
  }

  knows(code: string): boolean {
    return this.#terms.has(code);
  }

  nameOf(code: string): string | undefined {
    return this.#terms.get(code)?.name;
  }

  /** The disease itself and everything above it; of an unknown code only itself. A cycle ends where it began. */
  ancestorsOrSelf(code: string): ReadonlySet<string> {
    const known = this.#reached.get(code);
    if (known) return known;
    const reached = new Set([code]);
    const open = [code];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const parent of this.#terms.get(next)?.parents ?? []) {
        if (reached.has(parent)) continue;
        reached.add(parent);
        open.push(parent);
      }
    }
    if (this.#terms.has(code)) this.#reached.set(code, reached); // never grows with what callers ask for
    return reached;
  }

  /** SHA-256 over the canonical JSON of all edges, hexadecimal: names the tree by which something was decided. */
  hash(sha256: Sha256): string {
    const edges = [...this.#terms.values()].flatMap(({ code, parents }) => [
      code,
      ...parents.map((up) => `${code}>${up}`),
    ]);
    return hex.encode(sha256(utf8(canonicalJson(edges.sort()))));
  }
}
