import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access } from '@aceso/platform/graphql';
import { VisaKeys } from '../visa-keys';

/** How long a key set may be kept by others, in seconds: well below the life of a visa. */
const KEYS_KEPT_SECONDS = 300;

/** Public keys of the visas that this instance issues: what `jku` of each of them names. */
@Access('public')
@Controller('visas')
export class VisaController {
  constructor(private readonly keys: VisaKeys) {}

  /** A JWK Set (RFC 7517 section 5). */
  @Get('jwks.json')
  async keySet(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = JSON.stringify(await this.keys.keySet());
    void reply.headers({
      'content-type': 'application/jwk-set+json',
      'cache-control': `public, max-age=${KEYS_KEPT_SECONDS}`,
      'access-control-allow-origin': '*',
    });
    return text;
  }
}
