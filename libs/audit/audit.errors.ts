import { DomainError } from '@aceso/kernel';

export type AuditErrorCode = 'EVENT_JOINS_PERSON_AND_ORDER' | 'EVENT_MALFORMED';

/** An access event that must not be written as it is. */
export class AuditError extends DomainError<AuditErrorCode> {}
