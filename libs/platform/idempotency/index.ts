export { IdempotencyError } from './idempotency.errors';
export type { IdempotencyErrorCode } from './idempotency.errors';
export { IDEMPOTENCY_DAYS, IDEMPOTENCY_KEY_LENGTH_MAX, IdempotencyService } from './idempotency.service';
export type { IdempotentCall } from './idempotency.service';
