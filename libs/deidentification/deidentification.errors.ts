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
  | 'DEIDENTIFY_INPUT_MISSING'
  | 'DEIDENTIFY_OUTPUT_NOT_EMPTY'
  | 'VIEW_UNKNOWN'
  | 'VIEW_MALFORMED'
  | 'VIEW_TOO_LARGE'
  | 'VIEW_CONSTANT_INVALID'
  | 'VIEW_COLUMNS_DIFFER'
  | 'VIEW_PATH_INVALID'
  | 'VIEW_PATH_UNSUPPORTED'
  | 'VIEW_OUT_OF_SCOPE'
  | 'VIEW_VALUE_UNFIT'
  | 'VIEW_ROWS_EXCESSIVE'
  | 'TABLE_FORMAT_UNKNOWN'
  | 'TABLE_NAME_TAKEN'
  | 'TABLE_INPUT_MISSING'
  | 'TABLE_LINE_INVALID';

export class DeidentificationError extends DomainError<DeidentificationErrorCode> {}
