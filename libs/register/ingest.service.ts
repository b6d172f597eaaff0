import type { Readable } from 'node:stream';

import { Injectable } from '@nestjs/common';
import { asStopped, requireActive } from '@aceso/identity';
import { DomainError, type PartyId, type UploadId } from '@aceso/kernel';
import { Database, Outbox, PlatformError, Runtime, type Tx } from '@aceso/platform';

import type { IngestTotals } from './domain';
import { claimIngest, type Claim, type IngestState } from './ingest/claim';
import { IngestWork } from './ingest/ingest-work';
import { readLines } from './ingest/line-source';
import { ReportStore } from './ingest/report';
import { asNotApart } from './generated-apart';
import { RegisterError } from './register.errors';
import { openStream, uploadKey } from './staging';
import { UploadService } from './upload.service';

export type { IngestState } from './ingest/claim';

export interface Ingest {
  readonly id: string;
  readonly uploadId: UploadId;
  readonly providerId: PartyId;
  readonly state: IngestState;
  /** Present once it is finished, or failed by what it held: then of what was read. */
  readonly totals: IngestTotals | null;
  /** Resources that it left in quarantine and that a later ingest placed. */
  readonly placedLater: number;
  /** Resources that it left in quarantine and that waited too long. */
  readonly expired: number;
  /** Code of why it failed. */
  readonly reason: string | null;
}

/** Runs of one ingest before it is given up, so that one file cannot stop all others of its provider. */
const ATTEMPTS_MAX = 30;

/** Takes received uploads into the register. */
@Injectable()
export class IngestService {
  constructor(
    private readonly database: Database,
    private readonly reports: ReportStore,
    private readonly outbox: Outbox,
    private readonly runtime: Runtime,
    private readonly uploads: UploadService,
    private readonly work: IngestWork,
  ) {}

  /**
   * Accepts a received upload for ingestion; the worker runs it. UPLOAD_NOT_RECEIVED, INGEST_ALREADY_STARTED,
   * PARTY_NOT_ACTIVE.
   */
  async start(tx: Tx, providerId: PartyId, uploadId: string): Promise<Ingest> {
    await requireActive(tx, providerId);
    const upload = await this.uploads.find(tx, providerId, uploadId);
    if (upload.state !== 'received') {
      throw new RegisterError('UPLOAD_NOT_RECEIVED', 'send the file before its ingestion is started');
    }
    const id = this.runtime.uuid();
    const inserted = await tx.execute(
      `insert into register.ingest (id, provider_id, upload_id, state, accepted_at) values ($1, $2, $3, 'accepted', $4)
       on conflict (upload_id) do nothing`,
      [id, providerId, upload.id, new Date(this.runtime.now())],
    );
    if (inserted === 0) throw new RegisterError('INGEST_ALREADY_STARTED', 'this upload is being ingested already');
    await this.outbox.publish(tx, { topic: 'register.ingest', payload: { ingestId: id } });
    return {
      id,
      uploadId: upload.id,
      providerId,
      state: 'accepted',
      totals: null,
      placedLater: 0,
      expired: 0,
      reason: null,
    };
  }

  /** An ingest of this provider; INGEST_NOT_FOUND for everybody else's. */
  async find(tx: Tx, providerId: PartyId, ingestId: string): Promise<Ingest> {
    await tx.actAs(providerId);
    const [row] = await tx.query<IngestRow>(`${SELECT} where id = $1`, [ingestId]);
    if (row === undefined) throw new RegisterError('INGEST_NOT_FOUND', 'there is no such ingest');
    return toIngest(row);
  }

  /** The report of an ingest that has totals, as NDJSON. INGEST_NOT_FOUND, INGEST_NOT_FINISHED. */
  async report(providerId: PartyId, ingestId: string): Promise<Readable> {
    const ingest = await this.database.transaction('api', (tx) => this.find(tx, providerId, ingestId));
    if (ingest.totals === null) throw new RegisterError('INGEST_NOT_FINISHED', 'there is no report yet');
    return this.reports.open(ingest.id);
  }

  /**
   * Runs an ingest to its end; running it again, also after a crash in the middle, leads to the same end. Ingests of one
   * provider run one after the other: `waiting` means that an earlier one has to end first, which then calls this one.
   */
  async run(ingestId: string): Promise<'finished' | 'failed' | 'waiting'> {
    const claim = await this.database.transaction('worker', (tx) => claimIngest(tx, ingestId));
    if (claim === 'waiting') return 'waiting';
    if (claim === 'finished' || claim === 'failed') return claim;
    try {
      if (claim.attempt > ATTEMPTS_MAX) throw new RegisterError('ATTEMPTS_EXCEEDED', 'it never came to its end');
      await this.database.transaction('worker', (tx) => requireActive(tx, claim.providerId));
      return await this.runClaimed(claim);
    } catch (error) {
      const reason = reasonToGiveUp(error);
      if (reason === undefined) throw error;
      await this.fail(ingestId, reason);
      await this.reports.removeSpools(claim);
      return 'failed';
    }
  }

  /** Gives an ingest up: what it has stored stays, and the next one of the provider may run. */
  async fail(ingestId: string, reason: string): Promise<void> {
    await this.database.transaction('worker', async (tx) => {
      const failed = await tx.query<{ provider_id: PartyId }>(
        `update register.ingest set state = 'failed', reason = $2, finished_at = $3
         where id = $1 and state in ('accepted', 'running') returning provider_id`,
        [ingestId, reason, new Date(this.runtime.now())],
      );
      if (failed[0] !== undefined) await this.publishFollowing(tx, ingestId, failed[0].provider_id);
    });
  }

  /**
   * Ingests that can run now and have not ended, oldest first: what a lost queue is refilled from. Of each provider that
   * is the running one, else the first that was accepted.
   */
  async unfinished(limit: number): Promise<{ ingestId: string }[]> {
    return this.database.query(
      'worker',
      `select distinct on (provider_id) id as "ingestId" from register.ingest
       where state in ('accepted', 'running') order by provider_id, state = 'running' desc, number limit $1`,
      [limit],
    );
  }

  private async runClaimed(claim: Claim): Promise<'finished' | 'failed'> {
    const context = await this.work.openContext(claim);
    const report = this.reports.begin(claim);
    try {
      const run = this.work.begin(context, report);
      const sealed = await this.uploads.openStaged(claim.uploadId);
      const ending = await run.run(readLines(openStream(uploadKey(context.providerKey, claim.uploadId), sealed)));
      await report.end();
      const totals = await this.database.transaction('worker', (tx) => run.settle(tx));
      const summary = { ingest: claim.ingestId, ...totals, recovered: await this.recovered(claim.ingestId) };
      await this.reports.write(report, summary, this.work.quarantine.findings(claim.ingestId));
      await this.finish(claim, totals, ending?.code);
      return ending === undefined ? 'finished' : 'failed';
    } catch (error) {
      await report.abort();
      throw error;
    }
  }

  private async recovered(ingestId: string): Promise<number> {
    const sql = 'select recovered from register.ingest where id = $1';
    const [row] = await this.database.query<{ recovered: number }>('worker', sql, [ingestId]);
    return row?.recovered ?? 0;
  }

  /** With a reason it has failed: what it has stored stays, and its totals are told. */
  private async finish(claim: Claim, totals: IngestTotals, reason: string | undefined): Promise<void> {
    const { ingestId, attempt, providerId } = claim;
    await this.database.transaction('worker', async (tx) => {
      const finished = await tx.execute(
        `update register.ingest set state = $5, reason = $6, totals = $3, finished_at = $4
         where id = $1 and attempt = $2 and state = 'running'`,
        [
          ingestId,
          attempt,
          JSON.stringify(totals),
          new Date(this.runtime.now()),
          reason === undefined ? 'finished' : 'failed',
          reason ?? null,
        ],
      );
      if (finished !== 1) throw new RegisterError('INGEST_TAKEN_OVER', 'another run of this ingest has begun');
      await this.work.quarantine.close(tx, ingestId);
      await this.publishFollowing(tx, ingestId, providerId);
    });
    await this.uploads.remove(claim.uploadId);
    await this.reports.removeSpools(claim);
  }

  /** What an ended ingest sets off: the index of bound persons whose records grew, and the provider's next ingest. */
  private async publishFollowing(tx: Tx, ingestId: string, providerId: PartyId): Promise<void> {
    const persons = await tx.query<{ personId: string }>(
      `select distinct b.person_id as "personId" from register.segment s
       join identity.binding b on b.source_record_id = s.source_record_id and b.ended_at is null
       where s.ingest_id = $1`,
      [ingestId],
    );
    for (const { personId } of persons)
      await this.outbox.publish(tx, { topic: 'register.index', payload: { personId } });
    const [next] = await tx.query<{ id: string }>(
      `select id from register.ingest where provider_id = $1 and state = 'accepted' order by number limit 1`,
      [providerId],
    );
    if (next !== undefined) await this.outbox.publish(tx, { topic: 'register.ingest', payload: { ingestId: next.id } });
  }
}

interface IngestRow {
  readonly id: string;
  readonly upload_id: UploadId;
  readonly provider_id: PartyId;
  readonly state: IngestState;
  readonly totals: IngestTotals | null;
  readonly placed_later: number;
  readonly expired: number;
  readonly reason: string | null;
}

const SELECT = 'select id, upload_id, provider_id, state, totals, placed_later, expired, reason from register.ingest';

function toIngest({
  upload_id: uploadId,
  provider_id: providerId,
  placed_later: placedLater,
  ...row
}: IngestRow): Ingest {
  return { ...row, uploadId, providerId, placedLater };
}

/** Code of a failure that no further run can mend; undefined for all others. */
function reasonToGiveUp(error: unknown): string | undefined {
  if (error instanceof PlatformError && error.code === 'BLOB_NOT_FOUND') return 'UPLOAD_DAMAGED';
  const stopped = asStopped(error);
  // What was stored before stays; its provider sends the file again when it may.
  if (stopped instanceof DomainError && stopped.code === 'PARTY_NOT_ACTIVE') return stopped.code;
  const apart = asNotApart(error);
  if (apart !== error) return (apart as RegisterError).code;
  if (!(error instanceof RegisterError)) return undefined;
  return error.code === 'UPLOAD_DAMAGED' || error.code === 'ATTEMPTS_EXCEEDED' ? error.code : undefined;
}
