import { randomUUID } from 'node:crypto';

/** The part of a logger that the edge needs (pino's signature). */
export interface ErrorLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Injection token of the {@link ErrorLog}. */
export const ERROR_LOG = Symbol('ERROR_LOG');

const FRAMES_MAX = 12;

/**
 * Logs an unexpected error and gives the id under which it stands in the log. The error's message is left out:
 * database drivers quote values in it, and values may be personal data. Class, code and frames find the place.
 */
export function logUnexpected(log: ErrorLog, error: unknown): string {
  const errorId = randomUUID();
  log.error({ errorId, ...outline(error), cause: causeOf(error) }, 'unexpected error');
  return errorId;
}

function causeOf(error: unknown): Record<string, unknown> | undefined {
  return error instanceof Error && error.cause !== undefined ? outline(error.cause) : undefined;
}

function outline(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = 'code' in error ? String(error.code) : undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return { name: error.name, code, frames: frames.slice(0, FRAMES_MAX).map((line) => line.trim()) };
}
