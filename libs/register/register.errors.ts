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
  | 'SEGMENT_BROKEN'
  /** no such record, or none that may be read for this purpose: which of the two only the patient learns */
  | 'NO_DATA'
  | 'ACTING_PROVIDER_REQUIRED'
  | 'PATIENT_HANDLE_INVALID'
  /** a filter of the record is empty, too long or no date; the text says which */
  | 'RECORD_FILTER_INVALID'
  | 'RECORD_BUSY'
  | 'RESOURCE_NOT_WRITABLE'
  | 'RESOURCE_ID_TAKEN'
  | 'RECORD_FULL'
  | 'RESOURCES_TOO_MANY'
  | 'EMERGENCY_REASON_INVALID'
  | 'EMERGENCY_REVIEW_DUE'
  | 'EMERGENCY_NOT_FOUND'
  | 'EMERGENCY_REVIEWED'
  | 'DISCLOSURE_NOT_FOUND'
  | 'DISCLOSURE_REFUSED'
  | 'DISCLOSURE_NEEDS_ANOTHER'
  | 'GENERATED_NOT_APART';

/** A refusal of the register. Messages never name a patient, a local id or anything that a file held. */
export class RegisterError extends DomainError<RegisterErrorCode> {}
