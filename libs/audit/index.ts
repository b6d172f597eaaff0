export { accessEventsCheck } from './access-event-check';
export type { AccessEvent, AccessEventInput, AccessReason } from './access-event';
export { AuditError } from './audit.errors';
export type { AuditErrorCode } from './audit.errors';
export { AuditModule } from './audit.module';
export { AuditService, EVENTS_A_PAGE_MAX } from './audit.service';
export { KeyUseEvents } from './key-use-events';
export { REFUSALS_A_MINUTE_MAX, RefusalEvents } from './refusal-events';
