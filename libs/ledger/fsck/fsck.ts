import { sha256 } from '@aceso/platform';
import { checkAnchors } from '../anchor/check-anchors';
import type { Reader } from '../data/reader';
import { KEY_TYPE, LedgerError, verifierKey } from '../domain';
import { SigningRecord } from '../jobs/signing-record';
import type { FsckCheck, FsckContext, FsckFinding, RecordRead } from './check';
import { erasureCheck } from './erasure-check';
import { logCheck } from './log-check';
import { openingRowsCheck, pendingCheck, strayRowsCheck } from './row-checks';
import { signingRecordCheck } from './signing-record-check';
import { witnessCheck } from './witness-check';

/** What `fsck` always looks at, in this order. */
export const FSCK_CHECKS: readonly FsckCheck[] = [
  logCheck,
  strayRowsCheck,
  openingRowsCheck,
  erasureCheck,
  pendingCheck,
  witnessCheck,
  { name: 'anchors', run: ({ reader }) => checkAnchors(reader) },
  signingRecordCheck,
];

export interface FsckOptions {
  /** Name of the log. */
  readonly origin: string;
  /** Its raw Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** File of the record of what was signed; without it that record is not compared. */
  readonly signingRecord?: string;
  /** Further checks, behind {@link FSCK_CHECKS}. */
  readonly checks?: readonly FsckCheck[];
  readonly onProgress?: (entries: bigint) => void;
}

/** What was found. */
export interface FsckReport {
  /** Entries that were checked, block headers included. */
  readonly entries: bigint;
  /** The first bad row of each table. */
  readonly findings: readonly FsckFinding[];
  /** Names of the checks that ran. */
  readonly checks: readonly string[];
}

/**
 * Recomputes the whole ledger from its rows and names the first bad row of each table. `reader` is one snapshot of the
 * database under a role that may read it (worker); nothing is written. A storage that cannot even be read throws.
 */
export async function fsckLedger(reader: Reader, options: FsckOptions): Promise<FsckReport> {
  const { origin, publicKey, signingRecord, checks = [], onProgress } = options;
  const readSigned = signingRecord === undefined ? undefined : () => readRecord(signingRecord);
  let entries = 0n;
  const context: FsckContext = {
    reader,
    origin,
    key: verifierKey({ name: origin, type: KEY_TYPE.ed25519, publicKey }, sha256),
    // Before the first query takes the snapshot: whatever it names must then be in there.
    signedBefore: await readSigned?.(),
    readSigned,
    onProgress(checked) {
      entries = checked;
      onProgress?.(checked);
    },
  };
  const first = new Map<string, FsckFinding>();
  const all = [...FSCK_CHECKS, ...checks];
  for (const check of all) {
    for await (const finding of check.run(context)) {
      if (!first.has(finding.table)) first.set(finding.table, finding);
    }
  }
  return { entries, findings: [...first.values()], checks: all.map(({ name }) => name) };
}

async function readRecord(file: string): Promise<RecordRead> {
  try {
    return { state: await new SigningRecord(file).read() };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { problem: error.message };
  }
}
