import { DomainError } from '@aceso/kernel';

export type IdempotencyErrorCode = 'IDEMPOTENCY_KEY_INVALID' | 'IDEMPOTENCY_KEY_REUSED' | 'IDEMPOTENCY_IN_PROGRESS';

/** A refusal of an idempotency key; nothing was done. */
export class IdempotencyError extends DomainError<IdempotencyErrorCode> {}
