/** How long after its number a row may still be committed and be found by the next batch, in milliseconds. */
const LATE_MS_MAX = 30_000;

/**
 * Below which number the pending table need not be searched. Emptied rows stay in the index until a vacuum; without
 * this every batch of a long backlog would walk over all of them. Rows of transactions that took longer than half a
 * minute to commit have smaller numbers: they are found by the full search that follows every half minute.
 */
export class PendingFloor {
  private floor = 0n;
  /** What the floor becomes at the next turn: as high as the batches had come at the last one. */
  private next = 0n;
  private highest = 0n;
  private turnAt = 0;

  /** The number to search from at this time (milliseconds). */
  at(now: number): bigint {
    if (now < this.turnAt) return this.floor;
    this.turnAt = now + LATE_MS_MAX;
    this.floor = this.next;
    this.next = this.highest;
    return 0n;
  }

  /** Takes note of the highest number that a batch took. */
  passed(seq: bigint): void {
    if (seq > this.highest) this.highest = seq;
  }
}
