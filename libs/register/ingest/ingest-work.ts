import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';

import { HeldKeys } from '../held-keys';
import type { Claim } from './claim';
import { IngestRun } from './ingest-run';
import { Matcher } from './matcher';
import { Quarantine } from './quarantine';
import { RecordOpener } from './record-opener';
import type { ReportSpool } from './report';
import { RUN_LIMITS, type RunContext, type RunLimits } from './run-context';
import { SegmentWriter } from './segment-writer';

/** What an ingest needs besides its file, put together for each run. */
@Injectable()
export class IngestWork {
  readonly limits: RunLimits = RUN_LIMITS;

  constructor(
    private readonly database: Database,
    private readonly keys: HeldKeys,
    private readonly opener: RecordOpener,
    private readonly writer: SegmentWriter,
    readonly quarantine: Quarantine,
    private readonly matcher: Matcher,
  ) {}

  /** Opens the keys of a run, with their access events, and clears what an earlier attempt put aside. */
  openContext({ ingestId, attempt, providerId, uploadId }: Claim): Promise<RunContext> {
    return this.database.transaction('worker', async (tx) => {
      const object = { type: 'upload', id: uploadId };
      const provider = await this.keys.provider(tx, providerId, { act: 'upload.opened', actorId: providerId, object });
      const identifierKey = await this.keys.identifier(tx);
      await this.quarantine.forget(tx, ingestId);
      return { ingestId, attempt, providerId, identifierKey, providerKey: provider.key };
    });
  }

  begin(context: RunContext, report: ReportSpool): IngestRun {
    const { database, opener, writer, quarantine, matcher, limits } = this;
    return new IngestRun({ database, opener, writer, quarantine, matcher, limits }, context, report);
  }
}
