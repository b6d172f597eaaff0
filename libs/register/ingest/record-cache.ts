import type { OpenRecord } from './open-record';

const RECORDS_MAX = 5_000;

/** The source records that a run has open, by hex hash of their local id. */
export class RecordCache {
  private readonly records = new Map<string, OpenRecord>();
  /** Accepted resources of records that left memory: needed to open them again at the same place. */
  private readonly left = new Map<string, number>();

  constructor(private readonly versionsMax: number) {}

  get(hash: string): OpenRecord | undefined {
    return this.records.get(hash);
  }

  put(hash: string, record: OpenRecord): void {
    this.records.set(hash, record);
  }

  /** How many resources of each record that left memory this run had accepted before. */
  get acceptedBefore(): ReadonlyMap<string, number> {
    return this.left;
  }

  get pendingBytes(): number {
    let bytes = 0;
    for (const record of this.records.values()) bytes += record.pendingBytes;
    return bytes;
  }

  /** More is held than the limits say. */
  get isOver(): boolean {
    return this.versions > this.versionsMax || this.records.size > RECORDS_MAX;
  }

  /** Records with something to store, largest first: few large segments are better than many small ones. */
  busiest(): OpenRecord[] {
    return [...this.records.values()]
      .filter((record) => !record.isIdle)
      .sort((a, b) => b.pendingBytes - a.pendingBytes);
  }

  /** Records of which only some versions are held. */
  partial(): OpenRecord[] {
    return [...this.records.values()].filter((record) => record.isPartial);
  }

  /** Records whose leaving makes half of the room free, those first that were not touched for long. */
  oldest(): OpenRecord[] {
    let versions = this.versions;
    let count = this.records.size;
    const leaving: OpenRecord[] = [];
    for (const record of [...this.records.values()].sort((a, b) => a.touched - b.touched)) {
      if (versions <= this.versionsMax / 2 && count <= RECORDS_MAX / 2) break;
      leaving.push(record);
      versions -= record.size;
      count--;
    }
    return leaving;
  }

  /** Lets records go of which nothing is pending or being stored. */
  drop(records: readonly OpenRecord[]): void {
    const leaving = new Set(records);
    for (const [hash, record] of this.records) {
      if (!leaving.has(record)) continue;
      this.records.delete(hash);
      this.left.set(hash, record.accepted);
    }
  }

  private get versions(): number {
    let versions = 0;
    for (const record of this.records.values()) versions += record.size;
    return versions;
  }
}
