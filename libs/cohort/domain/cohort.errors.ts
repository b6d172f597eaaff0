import { DomainError } from '@aceso/kernel';

export type CohortErrorCode =
  | 'CONCEPT_FILE_INVALID'
  | 'COUNT_BUSY'
  | 'COUNT_LIMIT_REACHED'
  | 'COUNT_LOCKED'
  | 'COUNT_RELEASE_REFUSED'
  | 'COUNT_TOO_LONG'
  | 'CRITERIA_INVALID'
  | 'CRITERIA_TOO_WIDE'
  | 'PRIVACY_BUDGET_SPENT';

/** A refusal of the cohort side. Messages name places in the criteria, never values found in records. */
export class CohortError extends DomainError<CohortErrorCode> {}
