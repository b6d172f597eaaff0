export { ExtractionJobsModule } from './extraction-jobs.module';
