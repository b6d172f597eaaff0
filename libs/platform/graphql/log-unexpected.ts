import { randomUUID } from 'node:crypto';
import type { Logger } from '../logging/logger';

/** Logs an unexpected error, without its message, and gives the id under which it stands in the log. */
export function logUnexpected(logger: Logger, error: unknown): string {
  const errorId = randomUUID();
  logger.error('unexpected error', error, { errorId });
  return errorId;
}
