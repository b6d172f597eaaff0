import { Controller, Get, Headers, Param, Res, StreamableFile } from '@nestjs/common';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import type { FastifyReply } from 'fastify';
import { parseRange } from '../domain/byte-range';
import { DownloadService } from '../download.service';

/** The encrypted package of an order, for the buyer that paid for it. */
@Access('researcher')
@Controller('orders')
export class PackageController {
  constructor(private readonly downloads: DownloadService) {}

  /** Resumable: a `Range` is served while `If-Range`, where given, names the same file (RFC 9110 section 13.1.5). */
  @Get(':id/package')
  async download(
    @CurrentParty() { partyId }: Actor,
    @Param('id') id: string,
    @Headers() headers: { readonly range?: string; readonly 'if-range'?: string },
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const orderId = fromGlobalId('Order', id);
    const range = parseRange(headers.range);
    const unless = headers['if-range'];
    const found = await this.downloads.open(partyId, orderId, { ...(range && { range }), ...(unless && { unless }) });
    const { content, start, end, bytes, sha256, fileName } = found;
    reply.headers({
      'content-type': 'application/age',
      'content-disposition': `attachment; filename="${fileName}"`,
      'content-length': String(end - start + 1),
      'accept-ranges': 'bytes',
      'cache-control': 'no-store',
      etag: `"${sha256}"`,
    });
    if (found.partial) reply.status(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
    return new StreamableFile(content);
  }
}
