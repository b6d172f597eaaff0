import { Controller, Get, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access, CurrentParty, EdgeError, type Actor } from '@aceso/platform/graphql';
import { ENTRIES, LedgerError, parseTilePath, type TileName } from '../domain';
import { TileService } from '../tile.service';

const BYTES = 'application/octet-stream';

/**
 * tlog-tiles: the immutable resources. Fastify answers HEAD with the same handlers. Headers are set last: an error answers
 * in its own form.
 */
@Controller('ledger/tile')
export class TileController {
  constructor(private readonly tiles: TileService) {}

  /** Entry bundles hold commitments of people's acts: they go to compliance officers only, and each read is recorded. */
  @Access('officer')
  @Get('entries/*')
  async entries(
    @CurrentParty() { partyId }: Actor,
    @Param('*') path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const bundle = toBuffer(await this.tiles.entries(partyId, nameOf(`tile/${ENTRIES}/${path}`)));
    void reply.headers({ 'content-type': BYTES, 'cache-control': 'private, no-store' });
    return bundle;
  }

  /** A tile of hashes, in a width that a published checkpoint needs. */
  @Access('public')
  @Get(':level/*')
  async tile(
    @Param('level') level: string,
    @Param('*') path: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const tile = toBuffer(await this.tiles.tile(nameOf(`tile/${level}/${path}`)));
    void reply.headers({
      'content-type': BYTES,
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
    });
    return tile;
  }
}

/** A path that is no tile's is not there, like any other. */
function nameOf(path: string): TileName {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof LedgerError) throw new EdgeError('NOT_FOUND', error.message);
    throw error;
  }
}

function toBuffer(bytes: Uint8Array | null): Buffer {
  if (bytes === null) throw new EdgeError('NOT_FOUND', 'no published checkpoint needs this tile');
  return Buffer.from(bytes);
}
