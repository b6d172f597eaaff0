import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { HealthService, type Readiness } from '@aceso/platform';
import { Access } from '@aceso/platform/graphql';

/** For supervisors and load balancers; tells nothing but names of checks and codes. */
@Access('public')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process lives. */
  @Get('healthz')
  @Header('cache-control', 'no-store')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The process can do its work; 503 names what cannot. */
  @Get('readyz')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.health.readiness();
    reply.code(readiness.ready ? 200 : 503);
    return readiness;
  }
}
