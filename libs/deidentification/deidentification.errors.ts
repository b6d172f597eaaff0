import { DomainError } from '@aceso/kernel';

/** Refusals of tables. Messages name columns, rows and limits, never a cell's value. */
type TableErrorCode =
  | 'POPULATION_TABLE_INCOMPLETE'
  | 'TABLE_COLUMN_TWICE'
  | 'TABLE_COLUMN_UNKNOWN'
  | 'TABLE_DELIMITER_INVALID'
  | 'TABLE_EMPTY'
  | 'TABLE_FILE_MISSING'
  | 'TABLE_MALFORMED'
  | 'TABLE_NOT_UTF8'
  | 'TABLE_ROW_UNEVEN'
  | 'TABLE_TOO_LARGE';

/** Refusals of the search for the best generalisation. */
type AnonymityErrorCode =
  /** a number of a privacy model is out of its range; the text says which and what it may be */
  | 'ANONYMITY_MODEL_INVALID'
  /** an option of `aceso anonymize` is out of its range; the text says which and what it may be */
  | 'ANONYMITY_OPTION_INVALID'
  | 'CLASS_SIZE_ABOVE_TABLE'
  | 'HIERARCHY_EMPTY'
  | 'HIERARCHY_FILE_MISSING'
  | 'HIERARCHY_NOT_NESTED'
  | 'HIERARCHY_OPTION_INVALID'
  | 'HIERARCHY_PARENT_CYCLE'
  | 'HIERARCHY_TOO_LARGE'
  | 'HIERARCHY_UNEVEN'
  | 'HIERARCHY_VALUE_INVALID'
  | 'HIERARCHY_VALUE_MISSING'
  | 'HIERARCHY_VALUE_TWICE'
  | 'NO_SOLUTION'
  | 'RELEASE_NOT_WRITABLE'
  | 'SENSITIVE_COLUMN_MISSING'
  | 'SENSITIVE_HIERARCHY_MISSING';

/** Refusals of views and of the tables that they make. Messages name the view and the path. */
type ViewErrorCode =
  | 'TABLE_FORMAT_UNKNOWN'
  | 'TABLE_INPUT_MISSING'
  | 'TABLE_LINE_INVALID'
  | 'TABLE_NAME_TAKEN'
  | 'VIEW_COLUMNS_DIFFER'
  | 'VIEW_CONSTANT_INVALID'
  | 'VIEW_KEY_MISSING'
  | 'VIEW_LISTS_MULTIPLY'
  | 'VIEW_MALFORMED'
  | 'VIEW_NAME_REFUSED'
  | 'VIEW_OUT_OF_SCOPE'
  | 'VIEW_PATH_INVALID'
  | 'VIEW_PATH_UNSUPPORTED'
  | 'VIEW_ROWS_EXCESSIVE'
  | 'VIEW_TOO_LARGE'
  | 'VIEW_UNKNOWN'
  | 'VIEW_VALUE_UNFIT';

/** Refusals of risk measures and of noise. */
type RiskErrorCode = 'EPSILON_INVALID' | 'POPULATION_INVALID' | 'THRESHOLD_INVALID';

/** Refusals of this context. Messages name the policy, the path and the rule, never content of a record. */
export type DeidentificationErrorCode =
  | 'POLICY_UNKNOWN'
  | 'POLICY_MALFORMED'
  /** dates: "year", or a shift of a whole number of days within the limit */
  | 'POLICY_DATE_RULE_INVALID'
  /** syntax of a code system: codes as a list, or a pattern that no free text fits */
  | 'POLICY_CODE_SYSTEM_INVALID'
  /** precision: decimals as a whole number within the limit, by code and unit */
  | 'POLICY_PRECISION_INVALID'
  /** this type or element never leaves, whatever a policy says; drop it */
  | 'POLICY_ELEMENT_FORBIDDEN'
  | 'POLICY_TYPE_UNKNOWN'
  /** FHIR R4 has no such element in that type */
  | 'POLICY_ELEMENT_UNKNOWN'
  /** an element has one rule, of those in docs/reference/deidentification.md */
  | 'POLICY_RULE_UNKNOWN'
  | 'POLICY_RULE_UNFIT'
  | 'POLICY_PARAMETER_MISSING'
  | 'POLICY_METHOD_REFUSED'
  /** the rule refers to a resource type that FHIR R4 does not have */
  | 'POLICY_REFERENCE_UNKNOWN'
  | 'SALE_KEY_TOO_SHORT'
  | 'SALE_DATE_INVALID'
  | 'CLASS_SIZE_INVALID'
  | 'DEIDENTIFY_COHORT_TOO_SMALL'
  | 'DEIDENTIFY_INPUT_MISSING'
  | 'DEIDENTIFY_OUTPUT_NOT_EMPTY'
  | 'DEIDENTIFY_OPTIONS_INVALID'
  | FhirPathRulesErrorCode
  | TableErrorCode
  | ViewErrorCode
  | AnonymityErrorCode
  | RiskErrorCode;

/** Mistakes in a file of the `fhirPathRules` format, one code each, and rules that cannot be applied. */
export type FhirPathRulesErrorCode =
  | 'FHIRPATH_RULES_MALFORMED'
  | 'FHIRPATH_RULES_VERSION_UNSUPPORTED'
  | 'FHIRPATH_RULES_MISSING'
  | 'FHIRPATH_RULE_PATH_INVALID'
  | 'FHIRPATH_RULE_METHOD_UNSUPPORTED'
  | 'FHIRPATH_RULE_REPLACEMENT_MISSING'
  | 'FHIRPATH_RULE_SPAN_MISSING'
  | 'FHIRPATH_RULE_SPAN_INVALID'
  | 'FHIRPATH_RULE_ROUND_TO_INVALID'
  | 'FHIRPATH_RULE_RANGE_TYPE_INVALID'
  | 'FHIRPATH_RULE_CASES_MISSING'
  | 'FHIRPATH_RULE_CASE_INVALID'
  | 'FHIRPATH_RULE_OTHER_VALUES_INVALID'
  | 'FHIRPATH_PARAMETER_INVALID'
  | 'FHIRPATH_KEY_INVALID'
  | 'FHIRPATH_KEY_MISSING'
  /** a rule could not be carried out on a resource, and the configuration says to stop; the text names the line */
  | 'FHIRPATH_PROCESSING_FAILED';

export class DeidentificationError extends DomainError<DeidentificationErrorCode> {}
