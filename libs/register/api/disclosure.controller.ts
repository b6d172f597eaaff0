import { Readable } from 'node:stream';
import { Controller, Get, Param, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { DisclosureService } from '../access/disclosure.service';

/** What two officers disclose, for one of them. */
@Access('officer')
@Controller('disclosures')
export class DisclosureController {
  constructor(private readonly disclosures: DisclosureService) {}

  /** A FHIR Bundle, streamed. Fastify answers HEAD with this handler too: nothing leaves, so nothing is opened. */
  @Get(':id')
  async fetch(
    @CurrentParty() actor: Actor,
    @Param('id') id: string,
    @Req() { method }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const disclosureId = fromGlobalId('Disclosure', id);
    const content = method === 'HEAD' ? [] : await this.disclosures.open(actor, disclosureId);
    void reply.headers({
      'content-type': 'application/fhir+json; charset=utf-8',
      'content-disposition': 'attachment; filename="disclosure.json"',
      'cache-control': 'private, no-store',
    });
    return new StreamableFile(Readable.from(content, { objectMode: false }));
  }
}
