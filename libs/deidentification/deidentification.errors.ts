import { DomainError } from '@aceso/kernel';

/** Refusals of this context. Messages name the policy, the path and the rule, never content of a record. */
export type DeidentificationErrorCode =
  | 'POLICY_UNKNOWN'
  | 'POLICY_MALFORMED'
  | 'POLICY_DATE_RULE_INVALID'
  | 'POLICY_CODE_SYSTEM_INVALID'
  | 'POLICY_PRECISION_INVALID'
  | 'POLICY_ELEMENT_FORBIDDEN'
  | 'POLICY_RULE_UNKNOWN'
  | 'POLICY_REFERENCE_UNKNOWN'
  | 'SALE_KEY_TOO_SHORT'
  | 'SALE_DATE_INVALID'
  | 'CLASS_SIZE_INVALID'
  | 'THRESHOLD_INVALID'
  | 'POPULATION_INVALID'
  | 'POPULATION_MISMATCH'
  | 'TABLE_EMPTY'
  | 'DEIDENTIFY_INPUT_MISSING'
  | 'DEIDENTIFY_OUTPUT_NOT_EMPTY';

export class DeidentificationError extends DomainError<DeidentificationErrorCode> {}
