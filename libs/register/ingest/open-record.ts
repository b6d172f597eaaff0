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

/** A version on its way into a segment. */
export interface PlacedVersion extends Version {
  /** Type of the resource, where this version takes back an earlier one. */
  readonly retracts?: string;
}

/** What waits in memory to become segments of one source record. */
export interface Pending {
  readonly lines: readonly Uint8Array[];
  readonly versions: readonly PlacedVersion[];
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
  /** Versions that are stored. */
  readonly total: number;
  /** The only names of which anything is known here, where the record is too large to be held. */
  readonly names: ReadonlySet<string> | undefined;
}

/** Names and contents of versions: keyed, so that they tell nothing once the record's key is gone. */
export class VersionHasher {
  private readonly key: Uint8Array;

  constructor(recordKey: Uint8Array) {
    this.key = hmacSha256(recordKey, utf8('aceso/versions/v1'));
  }

  name({ type, id }: Pick<ResourceRow, 'type' | 'id'>): string {
    return this.hmac(utf8(`${type}/${id}`));
  }

  content({ canonical }: Pick<ResourceRow, 'canonical'>): string {
    return this.hmac(canonical);
  }

  private hmac(message: Uint8Array): string {
    return Buffer.from(hmacSha256(this.key, message)).toString('hex', 0, VERSION_BYTES / 2);
  }
}

/** A source record that an ingest writes to: its key, where its chain stands, its newest versions, and what is pending. */
export class OpenRecord {
  pendingBytes = 0;
  /** Number of the step that last touched it. */
  touched = 0;
  /** How many of its resources this run has accepted, also those that an earlier attempt had stored. */
  accepted: number;
  private lines: Uint8Array[] = [];
  private versions: PlacedVersion[] = [];
  private settled: SettledWait[] = [];
  private identity: PatientIdentity | undefined;
  private total: number;
  private readonly hasher: VersionHasher;

  constructor(
    readonly id: SourceRecordId,
    readonly key: Uint8Array,
    /** Where the stored chain ends. */
    public chain: { readonly keyVersion: number; readonly sequence: number; readonly digest: Uint8Array | undefined },
    private readonly stored: StoredVersions,
  ) {
    this.hasher = new VersionHasher(key);
    this.accepted = stored.accepted;
    this.total = stored.total;
  }

  /** Versions held in memory. */
  get size(): number {
    return this.stored.newest.size + this.stored.own.size;
  }

  /** Only some of its versions are held: those that the present lines name. */
  get isPartial(): boolean {
    return this.stored.names !== undefined;
  }

  /** Whether it can tell what is stored of a resource. */
  knows(row: ResourceRow): boolean {
    return this.stored.names === undefined || this.stored.names.has(this.hasher.name(row));
  }

  /** Whether something is stored under the name of a resource that it knows. */
  holds(row: ResourceRow): boolean {
    return this.stored.newest.has(this.hasher.name(row));
  }

  get isIdle(): boolean {
    return this.lines.length === 0 && this.settled.length === 0;
  }

  /** Takes a resource in, or tells that its newest version is the same, or that the record has `versionsMax` versions. */
  place(row: ResourceRow, versionsMax: number): 'accepted' | 'unchanged' | 'full' {
    const name = this.hasher.name(row);
    const content = this.hasher.content(row);
    const before = this.stored.newest.get(name);
    if (before === content) return 'unchanged';
    if (!this.takeOwn(name + content)) {
      if (this.total >= versionsMax) return 'full';
      this.total++;
      this.lines.push(row.canonical);
      this.versions.push({ name, content, ...(row.enteredInError && before !== undefined && { retracts: row.type }) });
      this.pendingBytes += row.canonical.length + 1;
      this.identity = row.identity ?? this.identity;
    }
    this.stored.newest.set(name, content);
    this.accepted++;
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

  private takeOwn(version: string): boolean {
    const count = this.stored.own.get(version) ?? 0;
    if (count === 0) return false;
    this.stored.own.set(version, count - 1);
    return true;
  }
}
