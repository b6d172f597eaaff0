import { DomainError } from '@aceso/kernel';

export type CohortErrorCode =
  | 'BACKGROUND_COUNTS_FULL'
  | 'COHORT_ARCHIVED'
  | 'COHORT_LIMIT_REACHED'
  | 'COHORT_NAME_INVALID'
  | 'COHORT_NAME_TAKEN'
  | 'COHORTS_SAY_THE_SAME'
  | 'CONCEPT_FILE_INVALID'
  | 'COUNT_BUSY'
  | 'COUNT_INTERRUPTED'
  | 'COUNT_LIMIT_REACHED'
  | 'COUNT_LOCKED'
  | 'COUNT_RELEASE_REFUSED'
  | 'COUNT_STOPPED'
  | 'COUNT_TOO_LONG'
  | 'CRITERIA_INVALID'
  | 'CRITERIA_TOO_WIDE'
  | 'NOT_FOUND'
  | 'PRIVACY_BUDGET_SPENT';

/** A refusal of the cohort side. Messages name places in the criteria, never values found in records. */
export class CohortError extends DomainError<CohortErrorCode> {}

/** What is not there and what one may not read look the same. */
export const cohortNotFound = (): CohortError =>
  new CohortError('NOT_FOUND', 'there is no such cohort, or no such version of it');
