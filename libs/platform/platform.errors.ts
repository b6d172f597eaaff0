import { DomainError } from '@aceso/kernel';

export type PlatformErrorCode =
  | 'CONFIG_INVALID'
  | 'DATABASE_ROLE_UNKNOWN'
  | 'DATABASE_ROLE_TOO_POWERFUL'
  | 'DATABASE_NOT_MIGRATED'
  | 'DATABASE_UNREACHABLE'
  | 'DATABASE_SECRETS_MISSING'
  | 'KEY_MISSING'
  | 'KEY_NOT_HELD'
  | 'KEY_WRONG_SIZE'
  | 'KEY_READABLE_BY_OTHERS'
  | 'KEY_EPOCH_DESTROYED'
  | 'KEY_UNWRAP_FAILED'
  | 'TOMBSTONE_DAMAGED'
  | 'ERASURES_NOT_APPLIED'
  | 'CIPHERTEXT_INVALID'
  | 'BLOB_KEY_INVALID'
  | 'BLOB_NOT_FOUND'
  | 'BLOB_RANGE_INVALID'
  | 'HOME_IN_USE'
  | 'RESTORE_UNFINISHED'
  | 'HOME_NOT_WRITABLE'
  | 'PORT_IN_USE'
  | 'EMBEDDED_POSTGRES_UNAVAILABLE'
  | 'EMBEDDED_POSTGRES_FAILED'
  | 'SERVICE_FAILED'
  | 'SERVICES_NOT_BUILT'
  | 'THREAD_FAILED'
  | 'THREAD_LOST';

/** A refusal of the platform: configuration, database roles, keys, files, processes. */
export class PlatformError extends DomainError<PlatformErrorCode> {}
