import { Readable } from 'node:stream';
import { Controller, Get, Param, Req, Res, StreamableFile } from '@nestjs/common';
import { Access, CurrentParty, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExtractionError } from '../extraction.errors';
import { WithdrawalLists, type ShownList } from '../withdrawal-lists';

/** The number of a list in a path. */
const NUMBER = /^[1-9][0-9]{0,5}$/;

/** Encrypted withdrawal lists of an order, for the buyer that has its package. */
@Access('researcher')
@Controller('orders')
export class WithdrawalController {
  constructor(private readonly lists: WithdrawalLists) {}

  /** Fastify answers HEAD with this handler too: headers only, and nothing is fetched (RFC 9110 section 9.3.2). */
  @Get(':id/withdrawals/:number')
  async download(
    @CurrentParty() { partyId }: Actor,
    @Param() { id, number }: { readonly id: string; readonly number: string },
    @Req() { method }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const orderId = fromGlobalId('Order', id);
    const wanted = NUMBER.test(number) ? Number(number) : 0;
    if (method === 'HEAD') {
      const list = (await this.lists.ofOrder(partyId, orderId)).find((each) => each.number === wanted);
      if (!list) throw new ExtractionError('WITHDRAWAL_LIST_NOT_FOUND', 'the order has no such withdrawal list');
      reply.headers(headersOf(list));
      return new StreamableFile(Readable.from([])); // without a stream Fastify would write a length of 0
    }
    const found = await this.lists.open(partyId, orderId, wanted);
    reply.headers(headersOf(found));
    return new StreamableFile(found.content);
  }
}

function headersOf({ fileName, sha256, bytes }: ShownList): Record<string, string> {
  return {
    'content-type': 'application/age',
    'content-disposition': `attachment; filename="${fileName}"`,
    'content-length': String(bytes),
    'cache-control': 'no-store',
    etag: `"${sha256}"`,
  };
}
