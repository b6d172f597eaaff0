import type { Reader } from '../data/reader';
import type { VerifierKey } from '../domain';
import type { SignedState } from '../jobs/signing-record';

/** A row that is not what the log says it must be. */
export interface FsckFinding {
  /** Table (or file) that holds it, `ledger.entry`. */
  readonly table: string;
  /** Which row: `index 17`, `height 3`, `level 0, tile 2, start 5`. */
  readonly key: string;
  /** What is wrong with it, in words; never what stands in it. */
  readonly problem: string;
}

/** What every check is given. */
export interface FsckContext {
  /** One snapshot of the database: a repeatable-read transaction while a sequencer may be at work. */
  readonly reader: Reader;
  /** Name of the log. */
  readonly origin: string;
  /** The log's own key. */
  readonly key: VerifierKey;
  /** The record of what was signed, as it stood before the snapshot was taken. */
  readonly signedBefore: RecordRead | undefined;
  /** Reads that record again. */
  readonly readSigned: (() => Promise<RecordRead>) | undefined;
  /** Told how many entries were checked so far. */
  readonly onProgress: (entries: bigint) => void;
}

/** The record as read: absent, unreadable, or what it says. */
export type RecordRead = { readonly state: SignedState | undefined } | { readonly problem: string };

/** One thing that `fsck` looks at. Another context adds its own to the list. */
export interface FsckCheck {
  /** What is checked, in a word or two. */
  readonly name: string;
  /** Yields what is wrong in the order of the rows; flat in memory, however large the log is. */
  run(context: FsckContext): AsyncIterable<FsckFinding>;
}
