export { ConsentApiModule } from './consent-api.module';
