import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { CONFIG, type Config } from '@aceso/platform';
import { Access, CurrentParty, EdgeError, type Actor } from '@aceso/platform/graphql';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditExport, type OpenExport } from '../audit-export';
import { auditEventOf, EXPORT_COUNT_HEADER } from '../domain';

/** What may stand in the query, each once. */
const PARAMETERS = ['since', 'until', 'reason', 'after'] as const;

/** The access log for compliance officers. */
@Access('officer')
@Controller('audit')
export class AuditController {
  constructor(
    private readonly exports: AuditExport,
    @Inject(CONFIG) private readonly config: Pick<Config, 'origin'>,
  ) {}

  /**
   * Access events of a range as FHIR AuditEvent, a line each, in order. The header tells how many follow: a transfer that has fewer,
   * or breaks off, goes on after the id of its last line. Fastify answers HEAD with this handler too: nothing is opened then.
   */
  @Get('events')
  async export(
    @CurrentParty() actor: Actor,
    @Query() query: Readonly<Record<string, unknown>>,
    @Req() { method }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const opened = method === 'HEAD' ? null : await this.exports.open(actor, readQuery(query));
    void reply.headers({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'content-disposition': 'attachment; filename="audit-events.ndjson"',
      'cache-control': 'private, no-store',
      ...(opened && { [EXPORT_COUNT_HEADER]: String(opened.count) }),
    });
    const content = opened ? lines(opened, this.config.origin) : [];
    return new StreamableFile(Readable.from(content, { objectMode: false }));
  }
}

function readQuery(query: Readonly<Record<string, unknown>>): {
  readonly [name in (typeof PARAMETERS)[number]]?: string;
} {
  const texts = Object.entries(query).map(([name, value]) => {
    if (!PARAMETERS.some((each) => each === name) || typeof value !== 'string') {
      throw new EdgeError('VALIDATION_FAILED', `the query takes ${PARAMETERS.join(', ')}, each once`);
    }
    return [name, value];
  });
  return Object.fromEntries(texts) as { readonly [name: string]: string };
}

/** Breaks off rather than ending short: the count has been said. */
async function* lines({ count, events }: OpenExport, origin: string): AsyncGenerator<string> {
  let told = 0;
  for await (const page of events) {
    told += page.length;
    yield page.map((event) => `${JSON.stringify(auditEventOf(event, origin))}\n`).join('');
  }
  if (told !== count) throw new Error('the export ended before its count');
}
