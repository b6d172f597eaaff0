export { AuditApiModule } from './audit-api.module';
