export { MarketplaceJobsModule } from './marketplace-jobs.module';
