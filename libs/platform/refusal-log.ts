import type { PartyId } from '@aceso/kernel';

/** Something that a known party asked for and was refused at the edge. */
export interface Refusal {
  readonly actorId: PartyId;
  /** What it asked for: `query.order`, `get.orders.package`. Never a value of its arguments. */
  readonly act: string;
  /** Code of the refusal. */
  readonly reason: string;
}

/**
 * Keeps what was refused. The audit context provides it: the platform stands above and only sees the refusals, which
 * roll their own transactions back.
 */
export abstract class RefusalLog {
  /** Records a refusal in a transaction of its own; of one party that asks very often not each. */
  abstract record(refusal: Refusal): Promise<void>;
}
