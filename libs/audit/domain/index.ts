export { AUDIT_ACTS, auditShapeOf } from './audit-acts';
export type { AuditShape } from './audit-acts';
export { ACT_SYSTEM, auditEventOf, SHAPES } from './audit-event';
export type { ToldEvent } from './audit-event';
