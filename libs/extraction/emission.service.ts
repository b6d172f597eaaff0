import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { CodePersons, projectPerson, type PersonEntry, type ProjectedRow } from '@aceso/deidentification/domain';
import { BlobStore, Database, Logger } from '@aceso/platform';
import { RecordReader, RegisterError } from '@aceso/register';
import { dropMember } from './data/attempt.store';
import { refreshExtracting } from './data/progress.store';
import { finishShard, noteProgress } from './data/shard.store';
import { FaultPoints } from './fault-points';
import { LeavingOut } from './leaving-out';
import { PartWriter } from './part-writer';
import { ShardOpening, type OpenedPerson, type OpenedShard, type ShardJob } from './shard-opening';

/** Progress is written once so many persons. */
const PROGRESS_EVERY_PERSONS = 8;

/**
 * Emission of one shard: records are read segment by segment, de-identified a person at a time and appended to part
 * files, which count only once the shard is finished under its fencing token.
 */
@Injectable()
export class EmissionService {
  constructor(
    private readonly database: Database,
    private readonly opening: ShardOpening,
    private readonly records: RecordReader,
    private readonly blobs: BlobStore,
    private readonly faults: FaultPoints,
    private readonly logger: Logger,
    // Seven: who leaves an order is told so wherever it happens.
    private readonly leaving: LeavingOut,
  ) {}

  /** Emits a shard. Throws ATTEMPT_OVERTAKEN when another worker took it meanwhile. */
  async emit(job: ShardJob): Promise<void> {
    const opened = await this.open(job);
    if (!opened) return;
    const prefix = `extraction/${job.attemptId}/${job.shard}-${opened.fence}`;
    const writer = new PartWriter(this.blobs, prefix);
    try {
      const codes = await this.write(job, opened, writer);
      const parts = await writer.finish();
      const codesKey = `${prefix}/codes.json`;
      await this.blobs.put(codesKey, Readable.from([Buffer.from(JSON.stringify([...codes.counts()]))]));
      await this.faults.reach('shard-written');
      await this.database.transaction('worker', async (tx) => {
        await finishShard(tx, reference(job, opened), { parts, codesKey });
        await refreshExtracting(tx, job.orderId, job.attemptId);
      });
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  /** All persons at once; when a record refuses, each by itself, so that one record holds up nobody else. */
  private async open(job: ShardJob): Promise<OpenedShard | null> {
    try {
      return await this.database.transaction('worker', (tx) => this.opening.open(tx, job));
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      this.logger.error('a record cannot be opened and is left out', error, { job: job.attemptId });
      return this.database.transaction('worker', (tx) => this.opening.open(tx, job, true));
    }
  }

  private async write(job: ShardJob, opened: OpenedShard, writer: PartWriter): Promise<CodePersons> {
    const codes = new CodePersons();
    let done = 0;
    for (const person of opened.persons) {
      const rows = await this.project(job, opened, person);
      if (rows) {
        codes.add(rows);
        for (const [type, lines] of linesByType(rows)) await writer.write(type, lines);
      }
      done += 1;
      if (done % PROGRESS_EVERY_PERSONS === 0) await this.note(job, opened, done);
      if (done === 1) await this.faults.reach('shard-reading');
    }
    return codes;
  }

  /** The rows of one person; null when a record of the person is damaged: then nothing of the person leaves. */
  private async project(
    job: ShardJob,
    opened: OpenedShard,
    { personId, inSale, attributes, tickets }: OpenedPerson,
  ): Promise<readonly ProjectedRow[] | null> {
    const entries: PersonEntry[] = [];
    try {
      for (const ticket of tickets) {
        for await (const { resource, position } of this.records.read(ticket)) entries.push({ resource, position });
      }
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      this.logger.error('a record cannot be read and is left out', error, { attempt: job.attemptId });
      await this.database.transaction('worker', async (tx) => {
        await dropMember(tx, reference(job, opened), personId);
        await this.leaving.leaveOut(tx, job.orderId, { persons: [personId], reason: 'RECORD_UNREADABLE' });
      });
      return null;
    }
    return projectPerson(opened.projector, inSale, { entries, attributes });
  }

  private async note(job: ShardJob, opened: OpenedShard, done: number): Promise<void> {
    await this.database.transaction('worker', async (tx) => {
      await noteProgress(tx, reference(job, opened), done);
      await refreshExtracting(tx, job.orderId, job.attemptId);
    });
  }
}

function reference({ attemptId, shard }: ShardJob, { fence }: OpenedShard) {
  return { attemptId, index: shard, fence };
}

/** Rows in their order, as JSON texts, together by resource type. */
function linesByType(rows: readonly ProjectedRow[]): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  for (const { type, row } of rows) {
    const known = lines.get(type);
    if (known) known.push(JSON.stringify(row));
    else lines.set(type, [JSON.stringify(row)]);
  }
  return lines;
}
