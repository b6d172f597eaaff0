import { DomainError } from '@aceso/kernel';

export type AuditErrorCode =
  | 'EVENT_JOINS_PERSON_AND_ORDER'
  /** an access event has not the form of its act */
  | 'EVENT_MALFORMED'
  | 'AUDIT_RANGE_INVALID'
  | 'AUDIT_REASON_INVALID'
  | 'AUDIT_CURSOR_INVALID'
  | 'AUDIT_LOG_BUSY';

/** An access event that must not be written as it is, or an export that cannot be made as it was asked for. */
export class AuditError extends DomainError<AuditErrorCode> {}
