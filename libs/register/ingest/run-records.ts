import type { Tx } from '@aceso/platform';

import { RegisterError } from '../register.errors';
import { directoryHash, localIdHash } from '../source-record.service';
import type { OpenRecord, Pending } from './open-record';
import { RecordCache } from './record-cache';
import type { WantedRecord } from './record-opener';
import type { ResourceRow } from './resource-row';
import type { RunContext, RunServices } from './run-context';
import type { Draft } from './segment-writer';

/** Records that are compressed at once: the thread pool has four threads. */
const COMPRESSED_AT_ONCE = 4;

/** A resource and the hex hash of the record that it belongs to. */
export interface AddressedRow {
  readonly hash: string;
  readonly row: ResourceRow;
}

interface PendingRecord {
  readonly record: OpenRecord;
  readonly pending: Pending;
}

/** The source records that a run writes to: opened when lines name them, stored when enough is pending, then let go. */
export class RunRecords {
  private readonly cache: RecordCache;
  private storing: Promise<void> = Promise.resolve();
  private step = 0;
  private readonly directory: string;
  /** Neighbouring resources mostly belong to one patient. */
  private last: { readonly localId: string; readonly hash: string } | undefined;

  constructor(
    private readonly services: RunServices,
    private readonly context: RunContext,
  ) {
    this.cache = new RecordCache(services.limits.versionsMax);
    this.directory = hex(directoryHash(context.identifierKey.key, context.providerId));
  }

  /** The open record of a hex hash; undefined where the provider has none. */
  get(hash: string): OpenRecord | undefined {
    return this.cache.get(hash);
  }

  /** Hex hash of the record that a resource belongs to. */
  hashOf({ localId }: ResourceRow): string {
    if (localId === undefined) return this.directory;
    const { identifierKey, providerId } = this.context;
    if (this.last?.localId !== localId) {
      this.last = { localId, hash: hex(localIdHash(identifierKey.key, providerId, localId)) };
    }
    return this.last.hash;
  }

  /**
   * Opens the records of these resources that are not open yet; a record is made by its Patient resource. Gives the
   * hashes of those that were opened.
   */
  async open(rows: readonly AddressedRow[]): Promise<string[]> {
    this.step++;
    const wanted = new Map<string, WantedRecord & { create: boolean; rows: ResourceRow[] }>();
    const outgrown = new Set<OpenRecord>();
    for (const { hash, row } of rows) {
      const open = this.cache.get(hash);
      if (open !== undefined) open.touched = this.step;
      if (open?.knows(row) === true) continue;
      if (open !== undefined) outgrown.add(open);
      const directory = row.localId === undefined;
      const create = directory || (row.identity !== undefined && row.quarantine === undefined);
      const known = wanted.get(hash);
      if (known === undefined)
        wanted.set(hash, { hash, kind: directory ? 'directory' : 'patient', create, rows: [row] });
      else {
        known.rows.push(row);
        known.create ||= create;
      }
    }
    if (wanted.size === 0) return [];
    if (outgrown.size > 0) await this.letGo([...outgrown]);
    const { providerId, ingestId, identifierKey } = this.context;
    const context = { providerId, ingestId, hashVersion: identifierKey.version };
    const { versionsMax } = this.services.limits;
    const accepted = this.cache.acceptedBefore;
    const opened = await this.inTransaction((tx) =>
      this.services.opener.open(tx, [...wanted.values()], { ...context, accepted, versionsMax }),
    );
    for (const [hash, record] of opened) {
      record.touched = this.step;
      this.cache.put(hash, record);
    }
    return [...opened.keys()];
  }

  /** Stores the largest records once too much is pending. */
  async storeWhenFull(): Promise<void> {
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

  /** To be called between two batches, when no record is needed: makes room where too much is held. */
  async makeRoom(): Promise<void> {
    await this.letGo(this.cache.partial());
    if (this.cache.isOver) await this.letGo(this.cache.oldest());
  }

  /** Stores everything that is pending. */
  async storeAll(): Promise<void> {
    await this.store(this.cache.busiest());
    await this.storing;
  }

  /** A transaction that only the newest attempt of this ingest can commit. */
  inTransaction<T>(use: (tx: Tx) => Promise<T>): Promise<T> {
    return this.services.database.transaction('worker', async (tx) => {
      const held = await tx.execute(
        `update register.ingest set attempt = attempt where id = $1 and attempt = $2 and state = 'running'`,
        [this.context.ingestId, this.context.attempt],
      );
      if (held !== 1) throw new RegisterError('INGEST_TAKEN_OVER', 'another run of this ingest has begun');
      return use(tx);
    });
  }

  private async letGo(records: readonly OpenRecord[]): Promise<void> {
    if (records.length === 0) return;
    await this.store(records.filter((record) => !record.isIdle));
    await this.storing;
    this.cache.drop(records);
  }

  /** Stores records in the background, one transaction after the other, while the next lines are read. */
  private async store(records: readonly OpenRecord[]): Promise<void> {
    await this.storing;
    if (records.length === 0) return;
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
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
