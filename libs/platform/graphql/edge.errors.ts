import { DomainError } from '@aceso/kernel';

export type EdgeErrorCode =
  /** a failure on our side; its errorId is the id of a line of the log */
  | 'INTERNAL'
  | 'VALIDATION_FAILED'
  | 'QUERY_TOO_COMPLEX'
  /** the body is larger than this endpoint accepts */
  | 'REQUEST_TOO_LARGE'
  | 'REQUEST_FORM_REFUSED'
  | 'METHOD_NOT_ALLOWED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'ACTOR_STOPPED'
  | 'ACCESS_UNDECLARED'
  | 'NOT_FOUND'
  | 'PAGE_INVALID';

/** A refusal at the edge of the system, before or around a use case. */
export class EdgeError extends DomainError<EdgeErrorCode> {}
