import { canonicalJson, fromUtf8, hex, utf8, type Sha256 } from '@aceso/kernel';

/** How the dates of a person leave. */
export type DateRule =
  /** Whole days, moved by one secret shift a person and order in [−daysMax, daysMax] without 0: offline uniform, in a sale see composed-shift.ts. */
  | { readonly kind: 'shift'; readonly daysMax: number }
  /** The year only (45 CFR 164.514(b)(2)(i)(C)). */
  | { readonly kind: 'year' };

/** Which codes of a code system are codes: a closed list, or a syntax with the system's check digit. */
export type CodeSyntax =
  | { readonly codes: readonly string[] }
  | {
      /** Regular expression for the whole code. */
      readonly pattern: string;
      readonly checkDigit?: 'luhn' | 'verhoeff';
      /** A second form, to which no check digit applies. */
      readonly alsoPattern?: string;
    };

/**
 * How one element leaves. What is not named does not leave.
 * - `concept(s)`, `coding(s)`: codings of allowed systems whose code holds the syntax; display from our own table only
 * - `date`, `period`: under the policy's date rule, inside the event window
 * - `quantity`: number rounded by code, unit by allow-list
 * - `boolean`, `count` (whole number 0–9,999), `decimal` (rounded)
 * - `oneOf`: a code of a required binding, listed; `someOf`: an array of such codes
 * - `reference(s)`: pseudonym of a resource of the same person, of the named type
 * - `each`, `one`: backbone elements (array, single)
 * - `generalise`: a number or Quantity, down to a multiple of the step, then rounded as `decimal` and `quantity` are
 * - `perturb`: a number or Quantity with noise, uniform in ± half the span, then rounded; the same under the same sale key
 * - `substitute`: one constant in the place of any value
 * - `drop`: does not leave; the same as not naming it
 */
export type ElementRule =
  | 'concept'
  | 'concepts'
  | 'coding'
  | 'codings'
  | 'date'
  | 'period'
  | 'quantity'
  | 'boolean'
  | 'count'
  | 'counts'
  | 'decimal'
  | 'drop'
  | { readonly generalise: number }
  | { readonly perturb: number }
  | { readonly substitute: string | boolean }
  | { readonly oneOf: readonly string[] }
  | { readonly someOf: readonly string[] }
  | { readonly reference: string }
  | { readonly references: string }
  | { readonly each: ElementRules }
  | { readonly one: ElementRules };

/** The rule of codes that are separated by blanks. */
export const oneOf = (codes: string): { readonly oneOf: readonly string[] } => ({ oneOf: codes.split(' ') });

export interface ElementRules {
  readonly [element: string]: ElementRule;
}

export interface ResourceRule {
  /** R4's name of the element that points to the patient. */
  readonly patientElement: 'subject' | 'patient';
  /** A row leaves only while one of these elements is left in it; empty: always. */
  readonly primary: readonly string[];
  /** The elements that place the row in time, in order of preference. */
  readonly dates: readonly string[];
  readonly elements: ElementRules;
}

/** What leaves and how. A plain document: its canonical JSON is hashed, the hash stands in requests, manifests and reports. */
export interface Policy {
  readonly format: 'aceso/deidentification-policy/v1';
  readonly name: string;
  readonly version: number;
  /** What may be said of the output, and nothing more. */
  readonly label: string;
  readonly dates: DateRule;
  /** Events longer ago than this many years do not leave: they would show an age of 90 or more. */
  readonly historyYearsMax: number;
  /** Smallest class on the generalised quasi-identifiers in a delivered file (`kFile`). */
  readonly classSizeMin: number;
  readonly restrictedZip3: { readonly census: string; readonly prefixes: readonly string[] };
  readonly codeSystems: { readonly [system: string]: CodeSyntax };
  readonly precision: {
    /** Significant digits of a number whose code is not listed. */
    readonly significantDigits: number;
    /** Most significant digits of any number. */
    readonly significantDigitsMax: number;
    readonly decimalsByCode: { readonly [code: string]: number };
  };
  readonly resources: { readonly [resourceType: string]: ResourceRule };
}

/** The text that is hashed and shipped: canonical JSON (RFC 8785). */
export function policyText(policy: Policy): string {
  return fromUtf8(utf8(canonicalJson(policy)));
}

/** SHA-256 over {@link policyText}, in lower-case hexadecimal. */
export function policyHash(policy: Policy, sha256: Sha256): string {
  return hex.encode(sha256(utf8(policyText(policy))));
}
