import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

import { createAudit } from '@aceso/audit/testing';
import { GateService } from '@aceso/identity';
import { asId, assert, encodeDidKey, type PartyId, type SourceRecordId } from '@aceso/kernel';
import type { TestDatabase } from '@aceso/platform/testing';

import { HeldKeys } from '../held-keys';
import { IndexService } from '../index.service';
import { RUN_LIMITS, type RunLimits } from '../ingest/run-context';
import { IngestWork } from '../ingest/ingest-work';
import { IngestService, type Ingest } from '../ingest.service';
import { Matcher } from '../ingest/matcher';
import { Quarantine } from '../ingest/quarantine';
import { RecordOpener } from '../ingest/record-opener';
import { ReportStore } from '../ingest/report';
import { SegmentWriter } from '../ingest/segment-writer';
import { RecordReader } from '../record-reader';
import { SourceRecordService } from '../source-record.service';
import { UploadService } from '../upload.service';

/** What the register stands on; `startTestDatabase()` gives all of it. */
export type RegisterParts = Pick<TestDatabase, 'database' | 'runtime' | 'custody' | 'blobs' | 'outbox' | 'config'>;

class LimitedWork extends IngestWork {
  override limits = RUN_LIMITS;
}

/** The services of the register over a test database, put together as the module does it. */
export class RegisterKit {
  readonly audit: ReturnType<typeof createAudit>['audit'];
  readonly ledger: ReturnType<typeof createAudit>['ledger'];
  readonly keys: HeldKeys;
  readonly uploads: UploadService;
  readonly quarantine: Quarantine;
  readonly ingests: IngestService;
  readonly sourceRecords: SourceRecordService;
  readonly reader: RecordReader;
  readonly index: IndexService;

  /** `limits` make a run store and forget early, as a large file would. */
  constructor(
    readonly test: RegisterParts,
    limits: RunLimits = RUN_LIMITS,
  ) {
    const { database, runtime, custody, blobs, outbox } = test;
    const { audit, ledger } = createAudit(test);
    this.audit = audit;
    this.ledger = ledger;
    this.keys = new HeldKeys(custody, audit, runtime);
    this.uploads = new UploadService(database, blobs, this.keys, runtime);
    this.quarantine = new Quarantine(database, runtime);
    const opener = new RecordOpener(audit, custody, runtime);
    const writer = new SegmentWriter(ledger, runtime, new GateService(runtime));
    const work = new LimitedWork(database, this.keys, opener, writer, this.quarantine, new Matcher(runtime));
    work.limits = limits;
    this.ingests = new IngestService(database, new ReportStore(blobs), outbox, runtime, this.uploads, work);
    this.sourceRecords = new SourceRecordService(this.keys);
    this.reader = new RecordReader(database, audit, custody);
    this.index = new IndexService(database, this.sourceRecords, this.reader, this.keys, runtime);
  }

  /** Uploads a file as a provider would and accepts it for ingestion; gives the ingest's id. */
  async send(providerId: PartyId, file: Uint8Array): Promise<string> {
    const upload = await this.test.database.transaction('api', (tx) => this.uploads.open(tx, providerId, file.length));
    const content = Readable.from(chunks(file), { objectMode: false });
    await this.uploads.receive(providerId, upload.id, { content });
    const ingest = await this.test.database.transaction('api', (tx) => this.ingests.start(tx, providerId, upload.id));
    return ingest.id;
  }

  /** {@link send} and run to the end. */
  async ingest(providerId: PartyId, file: Uint8Array): Promise<Ingest> {
    const ingestId = await this.send(providerId, file);
    await this.ingests.run(ingestId);
    return this.find(providerId, ingestId);
  }

  find(providerId: PartyId, ingestId: string): Promise<Ingest> {
    return this.test.database.transaction('api', (tx) => this.ingests.find(tx, providerId, ingestId));
  }

  /** Id of the source record that a provider holds for its own patient id. */
  async sourceRecord(providerId: PartyId, localId: string): Promise<SourceRecordId> {
    const [head] = await this.test.database.transaction('api', (tx) =>
      this.sourceRecords.byLocalIds(tx, providerId, [localId]),
    );
    assert(head, 'the provider holds this patient');
    return head.sourceRecordId;
  }

  /** The findings of a report, without its summary. */
  async findings(providerId: PartyId, ingestId: string): Promise<ReportFinding[]> {
    let text = '';
    for await (const part of await this.ingests.report(providerId, ingestId)) text += String(part);
    const lines = text.trimEnd().split('\n').slice(1);
    return lines.map((line) => JSON.parse(line) as ReportFinding);
  }
}

export interface ReportFinding {
  readonly line: number;
  readonly entry?: number;
  readonly verdict: string;
  readonly code: string;
  readonly path?: string;
}

/** A file of one JSON value a line. */
export function ndjson(...values: unknown[]): Buffer {
  return Buffer.from(values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join(''));
}

/** Makes a provider's party row without the ceremony of registration. */
export async function addProvider(test: Pick<TestDatabase, 'ownerQuery'>): Promise<PartyId> {
  const id = asId<'Party'>(randomUUID());
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1, $2, 'provider', now())`,
    [id, encodeDidKey(randomBytes(32))],
  );
  return id;
}

const CHUNK_BYTES = 64 * 1024;

function* chunks(file: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < file.length; at += CHUNK_BYTES) yield file.subarray(at, at + CHUNK_BYTES);
}
