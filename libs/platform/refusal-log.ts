import type { Json, PartyId } from '@aceso/kernel';

/** Something that a known party asked for and was refused. */
export interface Refusal {
  readonly actorId: PartyId;
  /** What it asked for: `query.order`, `get.orders.package`. Never a value of its arguments. */
  readonly act: string;
  /** Code of the refusal. */
  readonly reason: string;
  /** UUID of the person whose records it asked for, where that is known: the person sees it, and why it was refused. */
  readonly subjectId?: string;
  readonly purpose?: string;
  readonly basis?: string;
  /** Number of the person's rule that refused it. */
  readonly rule?: number;
  readonly providerId?: PartyId;
  /** For the person; sealed with the ledger entry. */
  readonly detail?: { readonly [name: string]: Json | undefined };
}

/**
 * Keeps what was refused. The audit context provides it: the platform stands above and only sees the refusals, which
 * roll their own transactions back.
 */
export abstract class RefusalLog {
  /** Records a refusal in a transaction of its own; of one party that asks very often not each. */
  abstract record(refusal: Refusal): Promise<void>;
}
