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

  /** How many resources of a record this run accepted before it left memory. */
  acceptedBefore(hash: string): number {
    return this.left.get(hash) ?? 0;
  }

  get pendingBytes(): number {
    let bytes = 0;
    for (const record of this.records.values()) bytes += record.pendingBytes;
    return bytes;
  }

  /** Records with something to store, largest first: few large segments are better than many small ones. */
  busiest(): OpenRecord[] {
    return [...this.records.values()]
      .filter((record) => !record.isIdle)
      .sort((a, b) => b.pendingBytes - a.pendingBytes);
  }

  /**
   * Lets idle records go, those first that were not touched for long, until the limits hold; what the present batch has
   * opened stays. Call when nothing is being stored.
   */
  evict(batch: number): void {
    let versions = 0;
    for (const record of this.records.values()) versions += record.size;
    if (versions <= this.versionsMax && this.records.size <= RECORDS_MAX) return;
    const idle = [...this.records]
      .filter(([, record]) => record.isIdle && record.touched < batch)
      .sort(([, a], [, b]) => a.touched - b.touched);
    for (const [hash, record] of idle) {
      if (versions <= this.versionsMax / 2 && this.records.size <= RECORDS_MAX / 2) return;
      this.records.delete(hash);
      this.left.set(hash, record.accepted);
      versions -= record.size;
    }
  }
}
