import { DomainError } from '@aceso/kernel';

export type QueueErrorCode =
  | 'QUEUE_TOPIC_INVALID'
  | 'QUEUE_TOPIC_UNKNOWN'
  | 'QUEUE_TOPIC_CLAIMED_TWICE'
  | 'QUEUE_PAYLOAD_INVALID'
  | 'QUEUE_JOB_ID_INVALID';

export class QueueError extends DomainError<QueueErrorCode> {}
