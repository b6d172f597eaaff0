import { CohortError } from './cohort.errors';

/** Edges of the largest table that is read: SNOMED CT has about 700,000. */
export const CONCEPT_EDGES_MAX = 2_000_000;

/** Classifications whose codes say by their first characters what they are part of: the WHO's, the American and the German one. */
export const ICD10_SYSTEMS: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/sid/icd-10',
  'http://hl7.org/fhir/sid/icd-10-cm',
  'http://fhir.de/CodeSystem/bfarm/icd-10-gm',
]);
/** A category of ICD-10 has three characters; nothing shorter is a code. */
const ICD10_CATEGORY_LENGTH = 3;

/** One edge of a code system, or a root. */
export interface ConceptEdge {
  readonly system: string;
  readonly code: string;
  readonly parent: string | undefined;
}

/** ICD-10 is written with and without dots, and in capitals. */
export const undotted = (code: string): string => code.replaceAll('.', '').toUpperCase();

/** What is part of what, in the code systems of an instance: ICD-10 by its prefixes, all others by a table. Read once. */
export class ConceptTree {
  readonly #parents = new Map<string, Map<string, readonly string[]>>();

  constructor(edges: Iterable<ConceptEdge> = []) {
    for (const { system, code, parent } of edges) {
      const codes = this.#parents.get(system) ?? new Map<string, readonly string[]>();
      this.#parents.set(system, codes);
      const known = codes.get(code) ?? [];
      codes.set(code, parent === undefined ? known : [...known, parent]);
    }
  }

  /** Systems with a table. */
  get systems(): readonly string[] {
    return [...this.#parents.keys()];
  }

  /** Whether it is known what is below codes of a system. */
  knowsBelow(system: string): boolean {
    return ICD10_SYSTEMS.has(system) || this.#parents.has(system);
  }

  /** Whether the table has the code, as a child or a root. */
  knows(system: string, code: string): boolean {
    return this.#parents.get(system)?.has(code) ?? false;
  }

  /** Everything above a code, and of ICD-10 the code itself without dots. A cycle ends where it began. */
  *above({ system, code }: { readonly system: string; readonly code: string }): Generator<string> {
    if (ICD10_SYSTEMS.has(system)) {
      const whole = undotted(code);
      for (let length = whole.length; length >= ICD10_CATEGORY_LENGTH; length -= 1) yield whole.slice(0, length);
    }
    const parents = this.#parents.get(system);
    if (!parents) return;
    const reached = new Set<string>();
    const open = [code];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const parent of parents.get(next) ?? []) {
        if (reached.has(parent)) continue;
        reached.add(parent);
        open.push(parent);
        yield parent;
      }
    }
  }
}

const HEADING = 'system,code,parent';
const CODE = /^[^\s\p{C}]{1,64}$/u;
const SYSTEM = /^[^\s\p{C}]{1,200}$/u;

/**
 * Edges of a parent table: CSV with the heading `system,code,parent` and one row an edge, `parent` empty for a root. Codes and systems have no
 * commas. Throws CONCEPT_FILE_INVALID with the line.
 */
export function parseConceptTable(text: string): ConceptEdge[] {
  const [heading = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (heading !== HEADING) throw invalid(`the heading is ${HEADING}`);
  const edges: ConceptEdge[] = [];
  for (const [at, line] of lines.entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [system = '', code = '', parent, ...more] = line.split(',');
    if (!SYSTEM.test(system) || !CODE.test(code) || parent === undefined || more.length > 0)
      throw invalid(`line ${at + 2} is no system, code and parent`);
    if (parent !== '' && !CODE.test(parent)) throw invalid(`line ${at + 2} is no system, code and parent`);
    if (edges.length === CONCEPT_EDGES_MAX) throw invalid(`more than ${CONCEPT_EDGES_MAX} rows`);
    edges.push({ system, code, parent: parent === '' ? undefined : parent });
  }
  if (edges.length === 0) throw invalid('no row');
  return edges;
}

const invalid = (why: string): CohortError =>
  new CohortError('CONCEPT_FILE_INVALID', `the concept file cannot be read: ${why}`);
