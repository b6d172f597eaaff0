import type { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Param, Put, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, CurrentParty, EdgeError, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { IngestService } from '../ingest.service';
import { UploadService } from '../upload.service';

/** Files in, reports out: what is too large for GraphQL. */
@Access('provider')
@Controller()
export class UploadController {
  constructor(
    private readonly uploads: UploadService,
    private readonly ingests: IngestService,
  ) {}

  /** The bytes of an announced upload, streamed; nothing of them is held or written in clear. */
  @Put('uploads/:id')
  @HttpCode(204)
  async receive(
    @CurrentParty() { partyId }: Actor,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    const uploadId = fromGlobalId('Upload', id);
    const body = request.body as Readable | undefined;
    if (typeof body?.pipe !== 'function') {
      throw new EdgeError('REQUEST_FORM_REFUSED', 'send the file as application/octet-stream');
    }
    const length = request.headers['content-length'];
    await this.uploads.receive(partyId, uploadId, { content: body, length: length ? Number(length) : undefined });
  }

  /** What became of a file, as NDJSON: codes and element names, no content. */
  @Get('ingests/:id/report')
  async report(
    @CurrentParty() { partyId }: Actor,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const report = await this.ingests.report(partyId, fromGlobalId('Ingest', id));
    void reply.header('cache-control', 'private, no-store');
    return new StreamableFile(report, { type: 'application/x-ndjson' });
  }
}
