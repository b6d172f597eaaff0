import { base64, bytesEqual } from '@aceso/kernel';
import {
  auditTree,
  consistencyFromTiles,
  emptyRoot,
  LedgerError,
  parseCheckpoint,
  parseNote,
  parseTrustPolicy,
  trustsOperatorOnly,
  verifyCheckpoint,
  verifyConsistency,
  type Checkpoint,
  type LedgerErrorCode,
  type TileSource,
  type TileTree,
  type TrustPolicy,
  type VerifierCrypto,
} from '@aceso/ledger/domain';

export interface AuditQuestion {
  readonly checkpoint: () => Promise<Uint8Array>;
  readonly tiles: TileSource;
  /** Entry bundles can be fetched: they and the chain of blocks are checked as well. */
  readonly withEntries: boolean;
  readonly policyText: string | undefined;
  /** A signed checkpoint that the auditor kept. */
  readonly older: Uint8Array | undefined;
}

/** What an audit came to; the words of `aceso verify`. */
export interface AuditReport {
  readonly verdict: 'verified' | 'broken' | 'origin not proven';
  /** The first bad resource and what is wrong with it, or what is missing to the proof of the origin. */
  readonly reason: string | null;
  readonly trust: 'witnesses' | 'operator only' | null;
  readonly checkpoint: { readonly origin: string; readonly size: string; readonly root: string } | null;
  /** Whether entries and blocks were checked. */
  readonly entries: boolean;
  /** Whether the kept checkpoint goes on in this one; null when none was given. */
  readonly consistent: boolean | null;
}

/** Nobody whom the auditor trusts says otherwise. */
const UNPROVEN: ReadonlySet<LedgerErrorCode> = new Set([
  'LOG_NOT_TRUSTED',
  'NOTE_NOT_SIGNED',
  'WITNESS_QUORUM_NOT_MET',
]);

/**
 * Audits a log that is seen through its checkpoint and tiles only: the whole tree is grown anew, then compared with the
 * checkpoint, the policy and an older checkpoint. Throws what says nothing about the log: a malformed policy, a server
 * that does not answer.
 */
export async function auditLog(question: AuditQuestion, crypto: VerifierCrypto): Promise<AuditReport> {
  const policy = question.policyText === undefined ? null : parseTrustPolicy(question.policyText, crypto.sha256);
  const note = await question.checkpoint();
  const report: { -readonly [Key in keyof AuditReport]: AuditReport[Key] } = {
    verdict: 'broken',
    reason: null,
    trust: null,
    checkpoint: null,
    entries: question.withEntries,
    consistent: question.older === undefined ? null : false,
  };
  try {
    const checkpoint = parseCheckpoint(parseNote(note).text);
    const { origin, size, root } = checkpoint;
    report.checkpoint = { origin, size: String(size), root: base64.encode(root) };
    const missing = provenance(note, policy, crypto);
    await compareTree(checkpoint, question, crypto);
    if (question.older) {
      const kept = keptCheckpoint(question.older, policy, crypto);
      await compareKept(checkpoint, kept, { source: question.tiles, sha256: crypto.sha256 });
      report.consistent = true;
    }
    report.verdict = missing === null ? 'verified' : 'origin not proven';
    report.reason = missing;
    if (policy && missing === null) report.trust = trustsOperatorOnly(policy) ? 'operator only' : 'witnesses';
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code === 'LOG_UNREACHABLE') throw error;
    report.reason = error.message;
  }
  return report;
}

/** What is missing to the proof of the origin; null when nothing is. Throws what contradicts it. */
function provenance(note: Uint8Array, policy: TrustPolicy | null, crypto: VerifierCrypto): string | null {
  if (policy === null) return 'no trust policy was given';
  try {
    verifyCheckpoint(note, policy, crypto);
    return null;
  } catch (error) {
    if (error instanceof LedgerError && UNPROVEN.has(error.code)) return error.message;
    throw error;
  }
}

async function compareTree(
  { origin, size, root }: Checkpoint,
  question: AuditQuestion,
  { sha256 }: VerifierCrypto,
): Promise<void> {
  const found = await auditTree({
    size,
    source: question.tiles,
    sha256,
    ...(question.withEntries ? { origin } : {}),
  });
  if (bytesEqual(found, root)) return;
  throw new LedgerError('TILE_WRONG', 'checkpoint: its root is not that of the tiles');
}

/** What was kept was witnessed then, perhaps by others: the log's own signature is enough to hold the log to it. */
function keptCheckpoint(note: Uint8Array, policy: TrustPolicy | null, crypto: VerifierCrypto): Checkpoint {
  if (policy === null) return parseCheckpoint(parseNote(note).text);
  return verifyCheckpoint(note, { ...policy, quorum: 'none' }, crypto).checkpoint;
}

async function compareKept(
  { origin, size, root }: Checkpoint,
  kept: Checkpoint,
  { source, sha256 }: Pick<TileTree, 'source' | 'sha256'>,
): Promise<void> {
  if (kept.origin !== origin) throw inconsistent('the kept checkpoint is of another log');
  if (kept.size > size) throw inconsistent(`the log has shrunk: size ${kept.size} was signed before`);
  if (kept.size === 0n) {
    if (!bytesEqual(kept.root, emptyRoot(sha256))) throw inconsistent('the empty tree has another root');
    return;
  }
  const proof = await consistencyFromTiles({ size, source, sha256 }, kept.size);
  const claim = { oldSize: kept.size, oldRoot: kept.root, newSize: size, newRoot: root, proof };
  verifyConsistency(claim, sha256);
}

function inconsistent(why: string): LedgerError {
  return new LedgerError('CONSISTENCY_PROOF_WRONG', why);
}
