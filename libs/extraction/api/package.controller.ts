import { Readable } from 'node:stream';
import { Controller, Get, Param, Req, Res, StreamableFile } from '@nestjs/common';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseRange } from '../domain/byte-range';
import { DownloadService, type PackageFile } from '../download.service';

/** The encrypted package of an order, for the buyer that paid for it. */
@Access('researcher')
@Controller('orders')
export class PackageController {
  constructor(private readonly downloads: DownloadService) {}

  /**
   * Resumable: a `Range` is served while `If-Range`, where given, names the same file (RFC 9110 section 13.1.5). Fastify
   * answers HEAD with this handler too: headers of the whole file, and nothing is fetched (sections 9.3.2 and 14.2).
   */
  @Get(':id/package')
  async download(
    @CurrentParty() { partyId }: Actor,
    @Param('id') id: string,
    @Req() { method, headers }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const orderId = fromGlobalId('Order', id);
    if (method === 'HEAD') {
      const file = await this.downloads.describe(partyId, orderId);
      reply.headers(headersOf(file, file.bytes));
      return new StreamableFile(Readable.from([])); // without a stream Fastify would write a length of 0
    }
    const range = parseRange(headers.range);
    const unless = headers['if-range'];
    const found = await this.downloads.open(partyId, orderId, {
      ...(range && { range }),
      ...(typeof unless === 'string' && { unless }),
    });
    const { content, start, end, bytes } = found;
    reply.headers(headersOf(found, end - start + 1));
    if (found.partial) reply.status(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
    return new StreamableFile(content);
  }
}

function headersOf({ fileName, sha256 }: PackageFile, length: number): Record<string, string> {
  return {
    'content-type': 'application/age',
    'content-disposition': `attachment; filename="${fileName}"`,
    'content-length': String(length),
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    etag: `"${sha256}"`,
  };
}
