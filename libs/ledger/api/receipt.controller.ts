import { Body, Controller, Post, Res } from '@nestjs/common';
import { utf8 } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { Access, EdgeError } from '@aceso/platform/graphql';
import type { FastifyReply } from 'fastify';
import { decodeEntry, decodeReceiptExtra, LedgerError, parseTlogProof, verifyOpening, withExtra } from '../domain';
import { Ledger } from '../ledger';

/** A receipt that is held: its opening is shown, which the log and its auditors do not have. */
interface HeldReceipt {
  readonly index: bigint;
  readonly entry: Uint8Array;
}

/**
 * For whoever holds a receipt, with or without an account: a new proof of it, and whether the instance can still open it.
 * Whoever does not hold one gets one answer, whatever there is.
 */
@Access('public')
@Controller('ledger')
export class ReceiptController {
  constructor(private readonly ledger: Ledger) {}

  /** RFC 9110 section 15.5.11: 410 says that the content is gone for good; the proof comes with it. */
  @Post('receipts')
  async renew(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const held = readHeld(body);
    const found = held && (await this.ledger.heldReceipt(held.index, held.entry));
    if (!found) throw new EdgeError('NOT_FOUND', 'there is no such receipt');
    void reply.headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    void reply.status(found.erased ? 410 : 200);
    return withExtra(found.proof, { entry: found.entry });
  }
}

/** The receipt in a body of text; null for everything else: what is wrong with it would tell a stranger something. */
function readHeld(body: unknown): HeldReceipt | null {
  if (typeof body !== 'string') return null;
  try {
    const { index, extra = new Uint8Array() } = parseTlogProof(utf8(body));
    const { entry, opening } = decodeReceiptExtra(extra);
    const decoded = entry && decodeEntry(entry);
    if (!opening || decoded?.form !== 'committed') return null;
    verifyOpening(opening, decoded.commitment, sha256);
    return { index, entry: entry as Uint8Array };
  } catch (error) {
    if (error instanceof LedgerError) return null;
    throw error;
  }
}
