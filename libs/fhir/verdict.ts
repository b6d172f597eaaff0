/**
 * What became of a resource. *accepted*: it stands in the register. *unchanged*: this provider sent exactly this
 * before. *quarantined*: it parses but cannot be placed yet, and is tried again. *refused*: it is never usable.
 */
export type Verdict = 'accepted' | 'unchanged' | 'quarantined' | 'refused';

/**
 * From best to worst: a line takes the worst verdict of its resources. So a line is *unchanged* only when nothing of it
 * was new, and *accepted* when something was and nothing failed.
 */
export const VERDICTS: readonly Verdict[] = ['unchanged', 'accepted', 'quarantined', 'refused'];

/** The worse of two verdicts. */
export function worse(a: Verdict, b: Verdict): Verdict {
  return VERDICTS.indexOf(a) >= VERDICTS.indexOf(b) ? a : b;
}

/** Every reason that a report can name, with the verdict it leads to. Codes are public contract. */
export const VERDICT_OF = {
  SENT_BEFORE: 'unchanged',
  PATIENT_UNKNOWN: 'quarantined',
  PATIENT_REFERENCE_UNRESOLVED: 'quarantined',
  BALLOT_SHAPE: 'quarantined',
  BLANK_LINE: 'refused',
  LINE_TOO_LONG: 'refused',
  FORMAT_UNSUPPORTED: 'refused',
  GZIP_TRUNCATED: 'refused',
  GZIP_BROKEN: 'refused',
  EXPANSION_EXCESSIVE: 'refused',
  UTF8_INVALID: 'refused',
  JSON_INVALID: 'refused',
  JSON_TOO_DEEP: 'refused',
  JSON_TOO_MANY_VALUES: 'refused',
  KEY_FORBIDDEN: 'refused',
  TEXT_INVALID: 'refused',
  BUNDLE_MALFORMED: 'refused',
  BUNDLE_EMPTY: 'refused',
  BUNDLE_NESTED: 'refused',
  ENTRY_WITHOUT_RESOURCE: 'refused',
  RESOURCE_MALFORMED: 'refused',
  RESOURCE_TOO_LARGE: 'refused',
  RESOURCE_TYPE_MISSING: 'refused',
  RESOURCE_TYPE_UNKNOWN: 'refused',
  ID_MISSING: 'refused',
  ID_MALFORMED: 'refused',
  ELEMENT_REQUIRED: 'refused',
  ELEMENT_MALFORMED: 'refused',
  QUARANTINE_FULL: 'refused',
  RECORD_FULL: 'refused',
} as const satisfies Record<string, Verdict>;

export type VerdictCode = keyof typeof VERDICT_OF;

/** Why a resource was not accepted: a code and a FHIRPath of element names. Never a value of the record. */
export interface Finding {
  readonly code: VerdictCode;
  /** FHIRPath from the resource's type, such as `Condition.context`; absent where the whole line is meant. */
  readonly path?: string;
}

/** The verdict that a finding stands for. */
export function verdictOf(finding: Finding): Verdict {
  return VERDICT_OF[finding.code];
}
