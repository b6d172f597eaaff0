export { UpkeepJobsModule } from './upkeep-jobs.module';
