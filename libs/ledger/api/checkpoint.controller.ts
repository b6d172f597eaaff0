import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access, EdgeError } from '@aceso/platform/graphql';
import { Ledger } from '../ledger';

/** tlog-tiles: the mutable resource of the public read side. */
@Access('public')
@Controller('ledger')
export class CheckpointController {
  constructor(private readonly ledger: Ledger) {}

  /** The newest public checkpoint, as signed. Headers are set last: an error answers in its own form. */
  @Get('checkpoint')
  async checkpoint(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const checkpoint = await this.ledger.checkpoint();
    if (!checkpoint) throw new EdgeError('NOT_FOUND', 'no checkpoint is public yet');
    void reply.headers({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'public, max-age=2',
      'access-control-allow-origin': '*',
    });
    return checkpoint.text;
  }
}
