import { assert } from '@aceso/kernel';

/**
 * A snapshot of PostgreSQL, `xmin:xmax:xip_list` (PostgreSQL documentation, 9.28.8 Transaction ID and Snapshot Information Functions). Snapshots
 * of one server are in one order: a later one sees all that an earlier one sees.
 */
export class Snapshot {
  private constructor(
    readonly text: string,
    private readonly xmax: bigint,
    private readonly inProgress: number,
  ) {}

  static parse(text: string): Snapshot {
    const [, xmax, running] = /^\d+:(\d+):([\d,]*)$/.exec(text) ?? [];
    assert(xmax !== undefined && running !== undefined, 'a snapshot has three parts');
    return new Snapshot(text, BigInt(xmax), running === '' ? 0 : running.split(',').length);
  }

  /** Whether all that is visible in another snapshot of the server is visible in this one. */
  sees(other: Snapshot): boolean {
    return this.xmax > other.xmax || (this.xmax === other.xmax && this.inProgress <= other.inProgress);
  }
}
