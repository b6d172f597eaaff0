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
  | 'DEIDENTIFY_OPTIONS_INVALID'
  | FhirPathRulesErrorCode;

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
  | 'FHIRPATH_PROCESSING_FAILED';

export class DeidentificationError extends DomainError<DeidentificationErrorCode> {}
