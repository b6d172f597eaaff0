import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Access, CurrentParty, EdgeError, fromGlobalId, type Actor } from '@aceso/platform/graphql';
import { OwnRecordService } from '../access/own-record.service';
import { EXPORT_FORMATS, type ExportFormat } from '../domain';

const KINDS: Readonly<Record<ExportFormat, { readonly type: string; readonly name: string }>> = {
  fhir: { type: 'application/fhir+json; charset=utf-8', name: 'record.json' },
  csv: { type: 'text/csv; charset=utf-8; header=present', name: 'record.csv' },
};

/** A patient takes its whole record along, or that of its ward (`?ward=`, as `myGuardianships` names it). */
@Access('patient')
@Controller('record')
export class RecordController {
  constructor(private readonly own: OwnRecordService) {}

  /** `fhir`: a Bundle; `csv`: a table. Streamed; a transfer that breaks off was no success (RFC 9112 section 8). */
  @Get(':format')
  async export(
    @CurrentParty() actor: Actor,
    @Param('format') format: string,
    @Query('ward') ward: string | undefined,
    @Req() { method }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const known = EXPORT_FORMATS.find((name) => name === format);
    if (!known) throw new EdgeError('NOT_FOUND', 'a record is exported as fhir or csv');
    const { type, name } = KINDS[known];
    void reply.headers({
      'content-type': type,
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'private, no-store',
    });
    const of = ward === undefined ? {} : { ward: fromGlobalId('Party', ward) };
    // Fastify answers HEAD with this handler too: nothing leaves, so nothing is opened.
    if (method === 'HEAD') return new StreamableFile(Readable.from([]));
    return new StreamableFile(Readable.from(await this.own.export(actor, known, of), { objectMode: false }));
  }
}
