import { DomainError } from '@aceso/kernel';
import type { LogFields } from './logger';

const FRAMES_MAX = 12;

/**
 * What may be told of an error. Messages of PostgreSQL, parsers and libraries quote the value they stumbled over, so only
 * the code, the place in the schema and the stack's frames are kept.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { errorName: typeof error };
  const { code, constraint, table } = error as Error & Record<string, unknown>;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    errorName: error.name,
    ...(error instanceof DomainError ? { code: error.code } : typeof code === 'string' ? { sqlState: code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(typeof table === 'string' ? { table } : {}),
    frames: frames
      .slice(0, FRAMES_MAX)
      .map((line) => line.trim())
      .join(' | '),
  };
}
