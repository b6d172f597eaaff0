import { DomainError } from '@aceso/kernel';

export type CohortErrorCode = 'CRITERIA_INVALID' | 'COUNT_LIMIT_REACHED' | 'PRIVACY_BUDGET_SPENT';

/** A refusal of the cohort side. Messages name places in the criteria, never values found in records. */
export class CohortError extends DomainError<CohortErrorCode> {}
