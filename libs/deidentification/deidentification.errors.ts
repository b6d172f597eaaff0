import { DomainError } from '@aceso/kernel';

/** Refusals of risk measures and of noise. Messages name columns, records and limits, never a cell's value. */
type RiskErrorCode =
  | 'EPSILON_INVALID'
  | 'POPULATION_INVALID'
  | 'POPULATION_TABLE_INCOMPLETE'
  | 'TABLE_COLUMN_TWICE'
  | 'TABLE_COLUMN_UNKNOWN'
  | 'TABLE_DELIMITER_INVALID'
  | 'TABLE_EMPTY'
  | 'TABLE_FILE_MISSING'
  | 'TABLE_MALFORMED'
  | 'TABLE_NOT_UTF8'
  | 'TABLE_ROW_UNEVEN'
  | 'TABLE_TOO_LARGE'
  | 'THRESHOLD_INVALID';

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
  | RiskErrorCode;

export class DeidentificationError extends DomainError<DeidentificationErrorCode> {}
