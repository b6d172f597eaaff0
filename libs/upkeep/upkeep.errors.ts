import { DomainError } from '@aceso/kernel';

export type UpkeepErrorCode =
  | 'EPOCH_NOT_TURNED'
  | 'BACKUP_TARGET_TAKEN'
  | 'BACKUP_DATABASE_FILTERED'
  | 'BACKUP_INCOMPLETE'
  | 'BACKUP_DAMAGED'
  | 'BACKUP_UNSUPPORTED'
  | 'KEY_BACKUP_MISPLACED'
  | 'KEY_BACKUP_RECIPIENT_INVALID'
  | 'KEY_BACKUP_UNREADABLE'
  | 'RESTORE_TARGET_TAKEN'
  | 'RESTORE_NEEDS_SUPERUSER';

/** A refusal of upkeep: epochs, backups, restores. Messages name files by their place in the backup, never what is in them. */
export class UpkeepError extends DomainError<UpkeepErrorCode> {}
