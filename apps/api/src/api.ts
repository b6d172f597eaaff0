import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestLogger, type ServiceContext } from '@aceso/platform';
import { ApiModule } from './api.module';
import { limitBodyTime } from './body-time';
import { addSecurityHeaders } from './security-headers';
import { streamUploads } from './upload-bodies';

/** Bodies that are not streamed, in bytes; the GraphQL endpoint has a smaller limit of its own. */
const BODY_BYTES_MAX = 262_144;
/** Headers of a request must have arrived by then, milliseconds; bodies have limits of their own (body-time.ts). */
const HEADERS_MS_MAX = 20_000;
/** Any request must have arrived by then, milliseconds: uploads expire after a day. */
const REQUEST_MS_MAX = 24 * 3_600_000;
const KEEP_ALIVE_MS = 72_000;

/** The assembled api, not listening yet: for {@link startApi}, for the schema and for tests. */
export async function createApi(context: ServiceContext): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    logger: false, // requests are not logged: access events are the record of who read what
    bodyLimit: BODY_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS_MAX,
    http: { headersTimeout: HEADERS_MS_MAX },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forService(context), adapter, {
    logger: new NestLogger(context.logger),
    abortOnError: false,
  });
  const server = app.getHttpAdapter().getInstance();
  limitBodyTime(server);
  addSecurityHeaders(server);
  streamUploads(server);
  return app;
}

/** Listens on the configured address. */
export async function startApi(context: ServiceContext): Promise<NestFastifyApplication> {
  const app = await createApi(context);
  await app.listen({ host: context.config.host, port: context.config.port });
  return app;
}
