export { CohortJobsModule } from './cohort-jobs.module';
