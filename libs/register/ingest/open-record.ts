import { utf8, type SourceRecordId } from '@aceso/kernel';
import { hmacSha256 } from '@aceso/platform';

import { VERSION_BYTES, type Version } from '../domain';
import type { PatientIdentity, ResourceRow } from './resource-row';

/** A quarantined resource that was placed: settled in the transaction that stores it. */
export interface SettledWait {
  readonly ingestId: string;
  readonly line: number;
  readonly entry: number;
  /** Verdict as a number of the rows. */
  readonly became: number;
}

/** What waits in memory to become segments of one source record. */
export interface Pending {
  readonly lines: readonly Uint8Array[];
  readonly versions: readonly Version[];
  readonly identity: PatientIdentity | undefined;
  readonly settled: readonly SettledWait[];
}

/** What is known of the versions of a record. */
export interface StoredVersions {
  /** Newest content of each name before the place where this run stands. */
  readonly newest: Map<string, string>;
  /** How often a version was stored by an earlier attempt of this ingest, ahead of where this run stands. */
  readonly own: Map<string, number>;
  /** How many of the record's resources this run has accepted so far. */
  readonly accepted: number;
}

/** A source record that an ingest writes to: its key, where its chain stands, its newest versions, and what is pending. */
export class OpenRecord {
  pendingBytes = 0;
  /** Number of the batch that last touched it. */
  touched = 0;
  /** How many of its resources this run has accepted, also those that an earlier attempt had stored. */
  accepted: number;
  private lines: Uint8Array[] = [];
  private versions: Version[] = [];
  private settled: SettledWait[] = [];
  private identity: PatientIdentity | undefined;
  private readonly versionKey: Uint8Array;

  constructor(
    readonly id: SourceRecordId,
    readonly key: Uint8Array,
    /** Where the stored chain ends. */
    public chain: { readonly keyVersion: number; readonly sequence: number; readonly digest: Uint8Array | undefined },
    private readonly stored: StoredVersions,
  ) {
    this.versionKey = hmacSha256(key, utf8('aceso/versions/v1'));
    this.accepted = stored.accepted;
  }

  /** Versions held in memory. */
  get size(): number {
    return this.stored.newest.size;
  }

  get isIdle(): boolean {
    return this.lines.length === 0 && this.settled.length === 0;
  }

  /** Takes a resource in, or tells that its newest version is the same. */
  place(row: ResourceRow): 'accepted' | 'unchanged' {
    const name = this.hmac(utf8(`${row.type}/${row.id}`));
    const content = this.hmac(row.canonical);
    if (this.stored.newest.get(name) === content) return 'unchanged';
    this.stored.newest.set(name, content);
    this.accepted++;
    if (!this.takeOwn(name + content)) {
      this.lines.push(row.canonical);
      this.versions.push({ name, content });
      this.pendingBytes += row.canonical.length + 1;
      this.identity = row.identity ?? this.identity;
    }
    return 'accepted';
  }

  /** Notes that a quarantined resource was placed here. */
  settle(wait: SettledWait): void {
    this.settled.push(wait);
  }

  /** Hands over what is pending; the record is empty then. */
  takePending(): Pending {
    const { lines, versions, identity, settled } = this;
    this.lines = [];
    this.versions = [];
    this.settled = [];
    this.identity = undefined;
    this.pendingBytes = 0;
    return { lines, versions, identity, settled };
  }

  private hmac(message: Uint8Array): string {
    return Buffer.from(hmacSha256(this.versionKey, message)).toString('hex', 0, VERSION_BYTES / 2);
  }

  private takeOwn(version: string): boolean {
    const count = this.stored.own.get(version) ?? 0;
    if (count === 0) return false;
    this.stored.own.set(version, count - 1);
    return true;
  }
}
