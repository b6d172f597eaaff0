import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { CodePersons, type ReleasedRow } from '@aceso/deidentification/domain';
import { BlobStore, Database, Logger } from '@aceso/platform';
import { RecordReader, RegisterError, type ReadRecord } from '@aceso/register';
import { dropMember } from './data/attempt.store';
import { refreshExtracting } from './data/progress.store';
import { finishShard, noteProgress } from './data/shard.store';
import { FaultPoints } from './fault-points';
import { LeavingOut } from './leaving-out';
import { PartWriter } from './part-writer';
import { emitPerson, type EmittedPerson } from './person-emission';
import { ShardOpening, type OpenedPerson, type OpenedShard, type ShardJob } from './shard-opening';
import { SortedRows } from './sorted-rows';

/** Progress is written once so many persons. */
const PROGRESS_EVERY_PERSONS = 8;
/** Rows are handed to the part files in pieces of about this many characters. */
const CHARACTERS_AT_ONCE = 1024 * 1024;

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
    const prefix = prefixOf(job, opened);
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
      const sorted = new SortedRows(this.blobs, `${prefixOf(job, opened)}/sorted`);
      try {
        const emitted = await this.project({ job, opened }, person, sorted);
        if (emitted) {
          codes.add([{ codes: [...emitted.codes] }]);
          await writeRows(writer, emitted.rows);
        }
      } finally {
        await sorted.remove();
      }
      done += 1;
      if (done % PROGRESS_EVERY_PERSONS === 0) await this.note(job, opened, done);
      if (done === 1) await this.faults.reach('shard-reading');
    }
    return codes;
  }

  /** The rows of one person; null when a record of the person is damaged: then nothing of the person leaves. */
  private async project(
    { job, opened }: { readonly job: ShardJob; readonly opened: OpenedShard },
    person: OpenedPerson,
    sorted: SortedRows,
  ): Promise<EmittedPerson | null> {
    try {
      return await emitPerson(opened, person, { entries: () => this.entries(person), sorted });
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      this.logger.error('a record cannot be read and is left out', error, { attempt: job.attemptId });
      await this.database.transaction('worker', async (tx) => {
        await dropMember(tx, reference(job, opened), person.personId);
        await this.leaving.leaveOut(tx, job.orderId, { persons: [person.personId], reason: 'RECORD_UNREADABLE' });
      });
      return null;
    }
  }

  /** The records of a person without what its rules keep back: what is not read here is nowhere in the files. */
  private async *entries({ tickets, use }: OpenedPerson): AsyncGenerator<ReadRecord> {
    for (const ticket of tickets) {
      for await (const record of this.records.read(ticket)) {
        if (use.keeps(record.resource, ticket.providerId)) yield record;
      }
    }
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

/** Below it nobody else writes. */
function prefixOf({ attemptId, shard }: ShardJob, { fence }: OpenedShard): string {
  return `extraction/${attemptId}/${shard}-${fence}`;
}

/** Writes rows in their order, together by resource type. */
async function writeRows(writer: PartWriter, rows: AsyncIterable<ReleasedRow>): Promise<void> {
  const lines = new Map<string, string[]>();
  let characters = 0;
  const flush = async (): Promise<void> => {
    for (const [type, texts] of lines) await writer.write(type, texts);
    lines.clear();
    characters = 0;
  };
  for await (const row of rows) {
    const text = JSON.stringify(row);
    const known = lines.get(row.resourceType);
    if (known) known.push(text);
    else lines.set(row.resourceType, [text]);
    characters += text.length;
    if (characters > CHARACTERS_AT_ONCE) await flush();
  }
  await flush();
}
