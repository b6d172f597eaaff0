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
  /** The package is being made, or made anew because a permission changed before it was fetched. */
  | 'PACKAGE_RENEWING'
  /** The asked range lies outside the file, or is too small. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The package, or the withdrawal list, was fetched too often in 24 hours. */
  | 'FETCH_LIMIT_REACHED'
  /** There is no such withdrawal list for this buyer, or it is not ready. */
  | 'WITHDRAWAL_LIST_NOT_FOUND'
  /** An acknowledgement names a list that was never fetched: nobody can have deleted what it names. */
  | 'WITHDRAWAL_LIST_NOT_FETCHED'
  /** The list was acknowledged before, by another statement. */
  | 'WITHDRAWAL_LIST_ACKNOWLEDGED'
  /** The operator's description of the instance is not readable; the text says where. */
  | 'CATALOGUE_ABOUT_INVALID';

export class ExtractionError extends DomainError<ExtractionErrorCode> {}
