export { CohortModule } from './cohort.module';
export { CohortService } from './cohort.service';
export type { SavedCohort, Word } from './cohort.service';
export { COUNTS_A_DAY_MAX } from './data/questions';
export { CohortError } from './domain/cohort.errors';
export type { CohortErrorCode } from './domain/cohort.errors';
export { NoisyCounts } from './noisy-counts';
export type { NoisyQuestion } from './noisy-counts';
export type { PrivacyBudget } from './data/privacy-budget';
