import { DomainError } from '@aceso/kernel';

export type ExtractionErrorCode =
  /** The archive is no package: an entry with a foreign name, a link, a folder, or too many of them. */
  | 'PACKAGE_MALFORMED'
  /** No identity opens the file, or a byte of it was changed. */
  | 'PACKAGE_NOT_DECRYPTED'
  /** A worker that was overtaken tried to commit. */
  | 'ATTEMPT_OVERTAKEN'
  /** The release entry is not yet in a published checkpoint. */
  | 'RECEIPT_PENDING'
  /** There is no package for this buyer under this order. */
  | 'PACKAGE_NOT_FOUND'
  /** The package is being made anew because a permission changed before all of it was downloaded. */
  | 'PACKAGE_RENEWING'
  /** The asked range lies outside the file. */
  | 'RANGE_NOT_SATISFIABLE';

export class ExtractionError extends DomainError<ExtractionErrorCode> {}
