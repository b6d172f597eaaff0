export { RegisterApiModule } from './register-api.module';
