import type { PartyId } from '@aceso/kernel';
import type { Database } from '@aceso/platform';

import type { HeldKey } from '../held-keys';
import type { Matcher } from './matcher';
import type { Quarantine } from './quarantine';
import type { RecordOpener } from './record-opener';
import type { SegmentWriter } from './segment-writer';

/** How much a run keeps in memory, and how much it puts up with. */
export interface RunLimits {
  /** Plaintext that waits to be stored, bytes; beyond it the largest records are stored. */
  readonly pendingBytesMax: number;
  /** Until no more than this waits. */
  readonly pendingBytesLow: number;
  /**
   * Versions that open records hold, some 230 bytes each; beyond it idle records leave memory, and of a record that
   * does not fit only those versions are held that the present lines name.
   */
  readonly versionsMax: number;
  /** Versions of one source record, also of the directory record; more are refused. Reading costs by their number. */
  readonly recordVersionsMax: number;
  /** Refused lines, or refused resources; a file with more is no file of records, and ends early. */
  readonly refusedMax: number;
}

export const RUN_LIMITS: RunLimits = {
  pendingBytesMax: 24 * 1024 * 1024,
  pendingBytesLow: 8 * 1024 * 1024,
  versionsMax: 400_000,
  recordVersionsMax: 1_000_000,
  refusedMax: 1_000_000,
};

/** What a run works with. */
export interface RunServices {
  readonly database: Database;
  readonly opener: RecordOpener;
  readonly writer: SegmentWriter;
  readonly quarantine: Quarantine;
  readonly matcher: Matcher;
  readonly limits: RunLimits;
}

/** One attempt at one ingest. */
export interface RunContext {
  readonly ingestId: string;
  /** Fencing token: a newer attempt refuses every write of an older one. */
  readonly attempt: number;
  readonly providerId: PartyId;
  readonly identifierKey: HeldKey;
  readonly providerKey: Uint8Array;
}
