import { Catch, Inject, Optional, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from '../logging/logger';
import { RefusalLog } from '../refusal-log';
import { logUnexpected } from './log-unexpected';
import { present, type Presentation } from './presentation';
import { refusalOf } from './refusal';

/**
 * Every error of a handler comes by here, in GraphQL and REST alike: refused access goes into the log of refusals before
 * it is answered. Errors of REST handlers become `{"error":{"code","message"}}`; GraphQL has its own formatter and gets
 * the error back.
 */
@Catch()
export class EdgeErrorsFilter implements ExceptionFilter {
  constructor(
    @Inject(Logger) private readonly logger: Logger,
    @Optional() @Inject(RefusalLog) private readonly refusals?: RefusalLog,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const presentation = present(error);
    if (host.getType<string>() === 'graphql') {
      await this.keep(presentation, host);
      throw error;
    }
    // The sender broke its own body off: nothing of ours failed, and nobody is left to answer.
    if (error === host.switchToHttp().getRequest<FastifyRequest>().raw.errored) return;
    await this.keep(presentation, host);
    this.answer(error, presentation, host.switchToHttp().getResponse<FastifyReply>());
  }

  /** A log that fails changes no answer: the refusal stands. */
  private async keep(presentation: Presentation, host: ArgumentsHost): Promise<void> {
    const refusal = refusalOf(presentation, host);
    if (!refusal) return;
    try {
      await this.refusals?.record(refusal);
    } catch (error) {
      logUnexpected(this.logger, error);
    }
  }

  private answer(error: unknown, { code, message, status, internal }: Presentation, reply: FastifyReply): void {
    const errorId = internal ? logUnexpected(this.logger, error) : undefined;
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy(); // a stream that broke off must not look complete
      return;
    }
    void reply.code(status).header('cache-control', 'no-store').send({ error: { code, message, errorId } });
  }
}
