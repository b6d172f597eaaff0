import { LineReader, PATIENT_ELEMENTS, verdictOf, worse, type Verdict } from '@aceso/fhir';
import type { PartyId } from '@aceso/kernel';
import { type Database, type Tx } from '@aceso/platform';

import { Tally, verdictNumber, type IngestTotals } from '../domain';
import type { HeldKey } from '../held-keys';
import { RegisterError } from '../register.errors';
import { directoryHash, localIdHash } from '../source-record.service';
import type { SourceLine } from './line-source';
import { type Matcher } from './matcher';
import type { OpenRecord, Pending } from './open-record';
import { type Quarantine, QUARANTINE_ROWS_MAX, type WaitingRow } from './quarantine';
import { RecordCache } from './record-cache';
import { type RecordOpener, type WantedRecord } from './record-opener';
import { ReportBuilder } from './report';
import { resourceRow, rowsOf, type FindingRow, type LineRows, type ResourceRow } from './resource-row';
import { type SegmentWriter, type Draft } from './segment-writer';

/** How much a run keeps in memory, and how much it puts up with. */
export interface RunLimits {
  /** Plaintext that waits to be stored, bytes; beyond it the largest records are stored. */
  readonly pendingBytesMax: number;
  /** Until no more than this waits. */
  readonly pendingBytesLow: number;
  /** Versions of open records, some 150 bytes each; beyond it idle records leave memory. */
  readonly versionsMax: number;
  /** Refused lines, or refused resources; a file with more is no file of records, and ends early. */
  readonly refusedMax: number;
}

export const RUN_LIMITS: RunLimits = {
  pendingBytesMax: 24 * 1024 * 1024,
  pendingBytesLow: 8 * 1024 * 1024,
  versionsMax: 400_000,
  refusedMax: 1_000_000,
};
/** Records that are compressed at once: the thread pool has four threads. */
const COMPRESSED_AT_ONCE = 4;

/** What a run works with. */
export interface RunServices {
  readonly database: Database;
  readonly opener: RecordOpener;
  readonly writer: SegmentWriter;
  readonly quarantine: Quarantine;
  readonly matcher: Matcher;
  readonly limits: RunLimits;
}

/** One attempt at one ingest. */
export interface RunContext {
  readonly ingestId: string;
  /** Fencing token: a newer attempt refuses every write of an older one. */
  readonly attempt: number;
  readonly providerId: PartyId;
  readonly identifierKey: HeldKey;
  readonly providerKey: Uint8Array;
}

interface PendingRecord {
  readonly record: OpenRecord;
  readonly pending: Pending;
}

/**
 * Reads a file once, from its start, and brings the register to where the file says. What an earlier attempt has stored
 * is recognised and counted the same, so an attempt that was killed leaves no trace in the end.
 */
export class IngestRun {
  readonly report = new ReportBuilder();
  private readonly reader = new LineReader();
  private readonly cache: RecordCache;
  private readonly resources = new Tally();
  private readonly lines = new Tally();
  private storing: Promise<void> = Promise.resolve();
  private batches = 0;
  private waits = 0;

  constructor(
    private readonly services: RunServices,
    private readonly context: RunContext,
  ) {
    this.cache = new RecordCache(services.limits.versionsMax);
  }

  /**
   * Takes every line in and stores what came of it; the totals are complete but for what {@link settle} adds. Gives why it
   * ended before the file did, if so: the totals then stand for what was read.
   */
  async run(lines: AsyncIterable<SourceLine[]>): Promise<RegisterError | undefined> {
    this.waits = await this.services.database.transaction('worker', (tx) =>
      this.services.quarantine.count(tx, this.context.providerId),
    );
    let ending: RegisterError | undefined;
    for await (const batch of lines) {
      await this.take(batch);
      ending = this.ending();
      if (ending !== undefined) break;
    }
    await this.store(this.cache.busiest());
    await this.storing;
    return ending;
  }

  private ending(): RegisterError | undefined {
    const { refusedMax } = this.services.limits;
    if (Math.max(this.lines.totals().refused, this.resources.totals().refused) <= refusedMax) return undefined;
    return new RegisterError(
      'REFUSALS_EXCEEDED',
      `more than ${refusedMax} lines or resources of the file were refused`,
    );
  }

  /** Totals, once those resources that waited within this ingest are counted as what they became. */
  async settle(tx: Tx): Promise<IngestTotals> {
    const { resources, lines } = await this.services.quarantine.outcome(tx, this.context.ingestId);
    for (const verdict of ['unchanged', 'accepted'] as const) {
      this.resources.move('quarantined', verdict, resources.get(verdictNumber(verdict)) ?? 0);
      this.lines.move('quarantined', verdict, lines.get(verdictNumber(verdict)) ?? 0);
    }
    return { resources: this.resources.totals(), lines: this.lines.totals() };
  }

  private async take(batch: readonly SourceLine[]): Promise<void> {
    this.batches++;
    const lines = batch.map((source) => this.read(source));
    const opened = await this.openRecords(lines);
    await this.placeWaiting(opened);
    const waiting = lines.flatMap((line) => this.placeLine(line));
    if (waiting.length > 0) {
      await this.inTransaction((tx) => this.services.quarantine.add(tx, waiting, this.context));
    }
    await this.storeWhenFull();
  }

  private read(source: SourceLine): LineRows {
    if ('finding' in source) {
      const line = source.line.number;
      return { line, blank: false, rows: [{ line, entry: 0, finding: source.finding }] };
    }
    return rowsOf(this.reader.read(source.line));
  }

  /** Opens the records that these lines name and that are not open yet; a record is made by its Patient resource. */
  private async openRecords(lines: readonly LineRows[]): Promise<string[]> {
    const wanted = new Map<string, WantedRecord>();
    for (const row of lines.flatMap(({ rows }) => rows)) {
      if ('finding' in row) continue;
      const hash = this.hashOf(row);
      const key = hex(hash);
      const open = this.cache.get(key);
      if (open !== undefined) open.touched = this.batches;
      else {
        const directory = row.localId === undefined;
        const create = directory || (row.identity !== undefined && row.quarantine === undefined);
        const kind = directory ? 'directory' : 'patient';
        const known = wanted.get(key)?.create === true;
        wanted.set(key, { hash, kind, create: known || create, acceptedBefore: this.cache.acceptedBefore(key) });
      }
    }
    if (wanted.size === 0) return [];
    const { providerId, ingestId, identifierKey } = this.context;
    const context = { providerId, ingestId, hashVersion: identifierKey.version };
    const opened = await this.inTransaction((tx) => this.services.opener.open(tx, [...wanted.values()], context));
    for (const [hash, record] of opened) {
      record.touched = this.batches;
      this.cache.put(hash, record);
    }
    return [...opened.keys()];
  }

  /** Places what was quarantined, now or earlier, for patients that have become known. */
  private async placeWaiting(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0 || this.waits === 0) return;
    for await (const wait of this.services.quarantine.waiting(hashes, this.context)) {
      const record = this.cache.get(wait.waitingFor);
      const [entry] = this.reader.read({ number: wait.line, bytes: wait.canonical }).entries;
      if (record === undefined || entry === undefined || !('read' in entry)) continue;
      const verdict = record.place(resourceRow(entry.read, wait));
      record.settle({ ...wait, became: verdictNumber(verdict) });
      await this.storeWhenFull();
    }
  }

  /** Places the rows of a line, counts them and gives back what must wait. */
  private placeLine({ line, blank, rows }: LineRows): WaitingRow[] {
    let rest: Verdict = 'unchanged';
    const waiting: Omit<WaitingRow, 'rest'>[] = [];
    for (const row of rows) {
      const outcome = this.place(row);
      const verdict = typeof outcome === 'string' ? outcome : verdictOf(outcome.finding);
      if (!blank) this.resources.add(verdict);
      if (typeof outcome !== 'string' && verdict === 'quarantined') waiting.push(outcome);
      else rest = worse(rest, verdict);
    }
    const worst = waiting.length > 0 ? worse(rest, 'quarantined') : rest;
    this.lines.add(worst);
    if (worst === 'unchanged') this.report.add({ line, finding: { code: 'SENT_BEFORE' } });
    this.waits += waiting.length;
    return waiting.map((row) => ({ ...row, rest: verdictNumber(rest) }));
  }

  private place(row: ResourceRow | FindingRow): 'accepted' | 'unchanged' | Omit<WaitingRow, 'rest'> {
    const { line, entry } = row;
    if ('finding' in row) return this.putAside(row, row.canonical);
    const { canonical, quarantine } = row;
    if (quarantine !== undefined) return this.putAside({ line, entry, finding: quarantine }, canonical);
    const hash = this.hashOf(row);
    const record = this.cache.get(hex(hash));
    if (record !== undefined) return record.place(row);
    const path = `${row.type}.${PATIENT_ELEMENTS[row.type]?.elements[0] ?? 'id'}`;
    return {
      ...this.putAside({ line, entry, finding: { code: 'PATIENT_UNKNOWN', path } }, canonical),
      waitingFor: hash,
    };
  }

  private putAside(row: Omit<FindingRow, 'canonical'>, canonical: Uint8Array = EMPTY): Omit<WaitingRow, 'rest'> {
    const { line, entry } = row;
    const waits = verdictOf(row.finding) === 'quarantined';
    const finding = waits && this.waits >= QUARANTINE_ROWS_MAX ? ({ code: 'QUARANTINE_FULL' } as const) : row.finding;
    if (verdictOf(finding) === 'refused') this.report.add({ line, entry, finding });
    return { line, entry, finding, canonical, waitingFor: undefined };
  }

  private async storeWhenFull(): Promise<void> {
    const { pendingBytesMax, pendingBytesLow } = this.services.limits;
    let bytes = this.cache.pendingBytes;
    if (bytes <= pendingBytesMax) return;
    const full: OpenRecord[] = [];
    for (const record of this.cache.busiest()) {
      if (bytes <= pendingBytesLow) break;
      bytes -= record.pendingBytes;
      full.push(record);
    }
    await this.store(full);
  }

  /** Stores records in the background, one transaction after the other, while the next lines are read. */
  private async store(records: readonly OpenRecord[]): Promise<void> {
    await this.storing;
    this.cache.evict(this.batches);
    const pending = records.map((record) => ({ record, pending: record.takePending() }));
    this.storing = this.storePending(pending);
    this.storing.catch(() => undefined); // seen by whoever waits for it next
  }

  private async storePending(records: readonly PendingRecord[]): Promise<void> {
    const drafts: Draft[] = [];
    for (let from = 0; from < records.length; from += COMPRESSED_AT_ONCE) {
      const some = records.slice(from, from + COMPRESSED_AT_ONCE);
      const made = await Promise.all(
        some.map(({ record, pending }) => this.services.writer.draft(record, pending.lines, pending.versions)),
      );
      drafts.push(...made.flat());
    }
    const identified = records.flatMap(({ record: { id }, pending: { identity } }) =>
      identity === undefined ? [] : [{ id, identity }],
    );
    const settled = records.flatMap(({ pending }) => pending.settled);
    const { writer, matcher, quarantine } = this.services;
    const heads = await this.inTransaction(async (tx) => {
      const moved = await writer.write(tx, drafts, this.context);
      await matcher.match(tx, identified, this.context.identifierKey);
      await quarantine.settle(tx, settled, this.context.ingestId);
      return moved;
    });
    for (const [record, head] of heads) record.chain = { ...record.chain, ...head };
  }

  /** A transaction that only the newest attempt of this ingest can commit. */
  private inTransaction<T>(use: (tx: Tx) => Promise<T>): Promise<T> {
    return this.services.database.transaction('worker', async (tx) => {
      const held = await tx.execute(
        `update register.ingest set attempt = attempt where id = $1 and attempt = $2 and state = 'running'`,
        [this.context.ingestId, this.context.attempt],
      );
      if (held !== 1) throw new RegisterError('INGEST_TAKEN_OVER', 'another run of this ingest has begun');
      return use(tx);
    });
  }

  private hashOf({ localId }: ResourceRow): Uint8Array {
    const { identifierKey, providerId } = this.context;
    if (localId === undefined) return (this.directory ??= directoryHash(identifierKey.key, providerId));
    if (this.lastHash?.localId === localId) return this.lastHash.hash;
    this.lastHash = { localId, hash: localIdHash(identifierKey.key, providerId, localId) };
    return this.lastHash.hash;
  }

  private directory: Uint8Array | undefined;
  /** Neighbouring resources mostly belong to one patient. */
  private lastHash: { readonly localId: string; readonly hash: Uint8Array } | undefined;
}

const EMPTY = new Uint8Array(0);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
