export { RegisterJobsModule } from './register-jobs.module';
