import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { CodePersons } from '@aceso/deidentification/domain';
import type { FhirResource } from '@aceso/fhir';
import { fromUtf8 } from '@aceso/kernel';
import { BlobStore, Database, Logger } from '@aceso/platform';
import { aheadOf, inOrder, type ThreadJob } from '@aceso/platform/threads';
import { RecordReader, RegisterError, type ReadRecord, type ReadText } from '@aceso/register';
import { dropMember } from './data/attempt.store';
import { refreshExtracting } from './data/progress.store';
import { finishShard, noteProgress } from './data/shard.store';
import { EmissionThreads, personTask, transferOf, type EmittedTexts, type PersonTask } from './emission-threads';
import { compileSale } from './emitted-sale';
import { FaultPoints } from './fault-points';
import { LeavingOut } from './leaving-out';
import { PartWriter } from './part-writer';
import { emitPerson } from './person-emission';
import { rowTexts } from './row-texts';
import { ShardOpening, type OpenedPerson, type OpenedShard, type ShardJob } from './shard-opening';
import { SortedRows } from './sorted-rows';

/** Progress is written once so many persons. */
const PROGRESS_EVERY_PERSONS = 8;

interface ShardInWork {
  readonly job: ShardJob;
  readonly opened: OpenedShard;
}

/** Bytes of records that are de-identified or wait to be written, beyond which no further person is read ahead. */
const AHEAD_BYTES_MAX = 32 * 1024 * 1024;

/** What became of one person. */
type PersonOutcome =
  | ({ readonly outcome: 'emitted'; readonly bytes: number } & EmittedTexts)
  | { readonly outcome: 'long'; readonly person: OpenedPerson }
  | { readonly outcome: 'damaged'; readonly person: OpenedPerson; readonly error: RegisterError };

/**
 * Emission of one shard: records are read segment by segment, de-identified in threads, a person each, and appended in order to part
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
    // Eight: who leaves an order is told so wherever it happens, and the threads belong to the process.
    private readonly leaving: LeavingOut,
    private readonly threads: EmissionThreads,
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
    const sale = this.threads.open(opened.sale);
    let [done, bytesAhead] = [0, 0];
    try {
      const ahead = aheadOf(this.threads.threads, () => bytesAhead > AHEAD_BYTES_MAX);
      const project = (person: OpenedPerson): Promise<PersonOutcome> =>
        this.project(sale, person, (bytes) => (bytesAhead += bytes));
      for await (const emitted of inOrder(opened.persons, ahead, project)) {
        if (emitted.outcome === 'emitted') {
          bytesAhead -= emitted.bytes;
          codes.add([emitted]);
          for (const text of emitted.texts) await writer.append(text);
        } else if (emitted.outcome === 'long') {
          await this.writeLong({ job, opened }, emitted.person, { writer, codes });
        } else {
          await this.leaveOut({ job, opened }, emitted.person, emitted.error);
        }
        done += 1;
        if (done % PROGRESS_EVERY_PERSONS === 0) await this.note(job, opened, done);
        if (done === 1) await this.faults.reach('shard-reading');
      }
    } finally {
      sale.end();
    }
    return codes;
  }

  /** Reads a person and lets a thread do the rest; what cannot go on so is told in the person's turn. */
  private async project(
    sale: ThreadJob<PersonTask, EmittedTexts>,
    person: OpenedPerson,
    hold: (bytes: number) => void,
  ): Promise<PersonOutcome> {
    const { personId, shiftDays, attributes } = person;
    try {
      const task = await personTask({ personId, shiftDays, attributes }, this.texts(person));
      if (!task) return { outcome: 'long', person };
      const bytes = task.text.length;
      hold(bytes);
      return { outcome: 'emitted', bytes, ...(await sale.run(task, transferOf(task))) };
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      return { outcome: 'damaged', person, error };
    }
  }

  /** A record that is longer than what is held: it is read twice, here, and its rows are sorted on disk. */
  private async writeLong(
    { job, opened }: ShardInWork,
    person: OpenedPerson,
    { writer, codes }: { readonly writer: PartWriter; readonly codes: CodePersons },
  ): Promise<void> {
    const sorted = new SortedRows(this.blobs, `${prefixOf(job, opened)}/sorted`);
    try {
      const entries = (): AsyncGenerator<ReadRecord> => this.entries(person);
      const emitted = await emitPerson(compileSale(opened.sale), person, { entries, sorted });
      codes.add([{ codes: [...emitted.codes] }]);
      for await (const text of rowTexts(emitted.rows)) await writer.append(text);
    } catch (error) {
      if (!(error instanceof RegisterError)) throw error;
      await this.leaveOut({ job, opened }, person, error);
    } finally {
      await sorted.remove();
    }
  }

  /** A record of the person is damaged: nothing of the person leaves. */
  private async leaveOut({ job, opened }: ShardInWork, person: OpenedPerson, error: RegisterError): Promise<void> {
    this.logger.error('a record cannot be read and is left out', error, { attempt: job.attemptId });
    await this.database.transaction('worker', async (tx) => {
      await dropMember(tx, reference(job, opened), person.personId);
      await this.leaving.leaveOut(tx, job.orderId, { persons: [person.personId], reason: 'RECORD_UNREADABLE' });
    });
  }

  /** The records of a person without what its rules keep back: what is not read here is nowhere in the files. */
  private async *texts({ tickets, use }: OpenedPerson): AsyncGenerator<ReadText> {
    for (const ticket of tickets) {
      for await (const read of this.records.readTexts(ticket)) {
        if (use.keepsAll || use.keeps(resourceOf(read), ticket.providerId)) yield read;
      }
    }
  }

  /** The same, parsed. */
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

function resourceOf({ text }: ReadText): FhirResource {
  return JSON.parse(fromUtf8(text)) as FhirResource;
}

function reference({ attemptId, shard }: ShardJob, { fence }: OpenedShard) {
  return { attemptId, index: shard, fence };
}

/** Below it nobody else writes. */
function prefixOf({ attemptId, shard }: ShardJob, { fence }: OpenedShard): string {
  return `extraction/${attemptId}/${shard}-${fence}`;
}
