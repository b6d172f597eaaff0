import type { Json } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** One opening of a subject's key, and why; or one read of the log by an auditor, who opens none. */
export interface KeyUse {
  /** What was done, in the words of the access events: `ledger.key-used`, `ledger.receipt-opened`, `ledger.entries-read`. */
  readonly act: string;
  /** Whose key; null for the instance's own, and where none was opened. */
  readonly subjectId: string | null;
  /** Who asked; null when the instance acts by itself. */
  readonly actorId: string | null;
  /** What was read; no personal data. */
  readonly detail?: { readonly [name: string]: Json | undefined };
}

/**
 * Writes the access events without which no key is opened (privacy-and-keys 8). The audit context provides it: the
 * ledger stands above and knows the need only.
 */
export abstract class KeyUseLog {
  /** Records the uses in the acting transaction; returns the ids of the access events in the same order. */
  abstract record(tx: Tx, uses: readonly KeyUse[]): Promise<string[]>;
}
