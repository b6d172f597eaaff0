import { DomainError } from '@aceso/kernel';

export type RegisterErrorCode =
  | 'UPLOAD_NOT_FOUND'
  | 'UPLOAD_NOT_OPEN'
  | 'UPLOAD_NOT_RECEIVED'
  | 'UPLOAD_TOO_LARGE'
  | 'UPLOAD_SIZE_DIFFERS'
  | 'UPLOAD_DAMAGED'
  | 'UPLOADS_OPEN_TOO_MANY'
  | 'ATTEMPTS_EXCEEDED'
  | 'REFUSALS_EXCEEDED'
  | 'INGEST_NOT_FOUND'
  | 'INGEST_ALREADY_STARTED'
  | 'INGEST_TAKEN_OVER'
  | 'INGEST_NOT_FINISHED'
  | 'LOCAL_IDS_TOO_MANY'
  | 'SOURCE_RECORD_NOT_FOUND'
  | 'ERASURE_NOT_BOUND'
  | 'ERASURE_TOO_LARGE'
  | 'RECORD_KEY_UNUSABLE'
  | 'SEGMENT_MISSING'
  | 'SEGMENT_BROKEN';

/** A refusal of the register. Messages never name a patient, a local id or anything that a file held. */
export class RegisterError extends DomainError<RegisterErrorCode> {}
