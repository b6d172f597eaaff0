import type { ElementRule } from './policy';

/** What FHIR R4 says of an element: its type, and where the elements inside of it are defined. */
export interface KnownElement {
  readonly type: string;
  readonly path: string;
}

/** Looks up a JSON member of a type or backbone path; undefined where R4 knows none. `''` as path asks for a resource type. */
export type ElementsOfR4 = (path: string, member: string) => KnownElement | undefined;

const NUMBERS = ['decimal', 'integer', 'positiveInt', 'unsignedInt'];
const QUANTITIES = ['Quantity', 'Age', 'Count', 'Distance', 'Duration'];

/** The types of R4 that a rule understands. `drop` fits all; `each` and `one` fit whatever has elements. */
const FITS: { readonly [rule: string]: readonly string[] } = {
  concept: ['CodeableConcept'],
  concepts: ['CodeableConcept'],
  coding: ['Coding'],
  codings: ['Coding'],
  date: ['date', 'dateTime', 'instant'],
  period: ['Period'],
  quantity: QUANTITIES,
  boolean: ['boolean'],
  count: NUMBERS,
  counts: NUMBERS,
  decimal: NUMBERS,
  generalise: [...NUMBERS, ...QUANTITIES],
  perturb: [...NUMBERS, ...QUANTITIES],
  oneOf: ['code', 'string'],
  someOf: ['code', 'string'],
  reference: ['Reference'],
  references: ['Reference'],
};
/** Types whose content the rules above release in a checked form; opened up element by element it would be unchecked. */
const CLOSED: ReadonlySet<string> = new Set([...Object.values(FITS).flat(), 'Identifier', 'Attachment', 'Narrative']);

/** Whether a rule can be applied to elements of a type. */
export function fits(rule: ElementRule, type: string): boolean {
  if (rule === 'drop') return true;
  if (typeof rule === 'object' && 'substitute' in rule) {
    return typeof rule.substitute === 'boolean' ? type === 'boolean' : type === 'code' || type === 'string';
  }
  const kind = typeof rule === 'string' ? rule : Object.keys(rule)[0]!;
  if (kind === 'each' || kind === 'one') return /^[A-Z]/.test(type) && !CLOSED.has(type);
  return FITS[kind]!.includes(type);
}
