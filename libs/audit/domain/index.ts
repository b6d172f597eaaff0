export { AUDIT_ACTS, auditShapeOf } from './audit-acts';
export type { AuditShape } from './audit-acts';
export { ACT_SYSTEM, auditEventOf, SHAPES } from './audit-event';
export type { ToldEvent } from './audit-event';
export { EXPORT_COUNT_HEADER, EXPORT_DAYS_MAX, EXPORT_LAG_MS, EXPORT_REASONS, readExportWish } from './export-range';
export type { ExportRange, ExportReason, ExportWish } from './export-range';
