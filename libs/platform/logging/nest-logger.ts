import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger';

/** Lets Nest write through our logger. Its texts may hold a request's content, so they are shown for debugging only. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(): void {}

  verbose(): void {}

  debug(): void {}

  warn(message: unknown): void {
    this.logger.warn('the framework warns', typeof message === 'string' ? {} : { errorName: typeof message });
  }

  error(message: unknown): void {
    this.logger.error('the framework reports an error', message instanceof Error ? message : undefined);
  }

  fatal(message: unknown): void {
    this.error(message);
  }
}
