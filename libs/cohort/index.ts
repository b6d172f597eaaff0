export { CohortModule } from './cohort.module';
export { CohortService, COUNTS_A_DAY_MAX } from './cohort.service';
export type { SavedCohort } from './cohort.service';
export { CohortError } from './domain/cohort.errors';
export type { CohortErrorCode } from './domain/cohort.errors';
