import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from '../logging/logger';
import { logUnexpected } from './log-unexpected';
import { present } from './presentation';

/** Errors of REST handlers as `{"error":{"code","message"}}`; GraphQL has its own formatter and gets the error back. */
@Catch()
export class RestErrorsFilter implements ExceptionFilter {
  constructor(@Inject(Logger) private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType<string>() === 'graphql') throw error;
    // The sender broke its own body off: nothing of ours failed, and nobody is left to answer.
    if (error === host.switchToHttp().getRequest<FastifyRequest>().raw.errored) return;
    const { code, message, status, internal } = present(error);
    const errorId = internal ? logUnexpected(this.logger, error) : undefined;
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy(); // a stream that broke off must not look complete
      return;
    }
    void reply.code(status).header('cache-control', 'no-store').send({ error: { code, message, errorId } });
  }
}
