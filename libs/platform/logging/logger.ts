import { Injectable } from '@nestjs/common';
import { pino, type DestinationStream, type Logger as Pino } from 'pino';
import { describeError } from './describe-error';

/**
 * The only fields that a log line may carry: ids, codes, counts and durations. A field that is not listed is dropped,
 * so that forgetting something costs a line of log and not somebody's privacy.
 */
const ALLOWED_FIELDS = [
  'process',
  'pid',
  'port',
  'signal',
  'exitCode',
  'attempt',
  'requestId',
  'method',
  'route',
  'status',
  'operation',
  'code',
  'errorId',
  'errorName',
  'sqlState',
  'constraint',
  'table',
  'frames',
  'queue',
  'job',
  'jobId',
  'topic',
  'role',
  'count',
  'bytes',
  'rows',
  'lines',
  'milliseconds',
  'size',
  'epoch',
  'check',
  'witness',
] as const;

export type LogField = (typeof ALLOWED_FIELDS)[number];
export type LogFields = { readonly [Field in LogField]?: string | number | boolean | undefined };

const ALLOWED: ReadonlySet<string> = new Set(ALLOWED_FIELDS);
/** Longest text of one field, in characters; stack frames may be longer. */
const FIELD_LENGTH_MAX = 200;

/** Writes to stderr, one line an event. Messages are fixed texts: what varies goes into fields. */
@Injectable()
export class Logger {
  constructor(private readonly pino: Pino) {}

  debug(message: string, fields: LogFields = {}): void {
    this.pino.debug(permitted(fields), message);
  }

  info(message: string, fields: LogFields = {}): void {
    this.pino.info(permitted(fields), message);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.pino.warn(permitted(fields), message);
  }

  /** Logs a failure: what {@link describeError} lets through, never the message of a foreign error. */
  error(message: string, error?: unknown, fields: LogFields = {}): void {
    this.pino.error({ ...permitted(fields), ...(error === undefined ? {} : permitted(describeError(error))) }, message);
  }
}

function permitted(fields: LogFields): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!ALLOWED.has(name) || value === undefined) continue;
    kept[name] = typeof value === 'string' && name !== 'frames' ? value.slice(0, FIELD_LENGTH_MAX) : value;
  }
  return kept;
}

export interface LoggerOptions {
  readonly process: string;
  readonly level: string;
  readonly format: 'json' | 'text';
}

/** A logger of one process, to stderr. */
export function createLogger({ process: name, level, format }: LoggerOptions): Logger {
  // Synchronous: the last line before an exit is the one that matters.
  const stderr = pino.destination({ fd: 2, sync: true });
  const destination = format === 'json' ? stderr : asText(stderr);
  return new Logger(
    pino(
      { level, base: { process: name }, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'message' },
      destination,
    ),
  );
}

function asText(target: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { level, time, process: name, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const label = pino.levels.labels[Number(level)] ?? 'info';
      const rest = Object.entries(fields).map(([field, value]) => ` ${field}=${String(value)}`);
      target.write(
        `${String(time).slice(11, 19)} ${label.padEnd(5)} ${String(name)}: ${String(message)}${rest.join('')}\n`,
      );
    },
  };
}
