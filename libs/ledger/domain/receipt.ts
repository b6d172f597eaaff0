import { utf8, type Sha256 } from '@aceso/kernel';
import { parseCheckpoint, type Checkpoint } from './checkpoint';
import { parseCosignature } from './cosignature';
import { decodeEntry, type LedgerEntry } from './entry';
import { LedgerError } from './ledger.errors';
import { leafHash } from './merkle';
import { parseNote, verifyNote, type SignatureChecks, type VerifiedSignature } from './note';
import { verifyInclusion } from './proof';
import { parseTlogProof, type TlogProof } from './tlog-proof';
import { quorumMet, trustsOperatorOnly, type TrustPolicy } from './trust-policy';
import { KEY_TYPE } from './verifier-key';

/** What the pure core borrows to verify: native on a server, `@noble` in a browser. */
export interface VerifierCrypto extends SignatureChecks {
  readonly sha256: Sha256;
}

/** A witness that saw the checkpoint, and when (Unix seconds): the only clock that the operator does not hold. */
export interface WitnessTime {
  readonly witness: string;
  readonly time: bigint;
}

/** What a receipt proves. */
export interface VerifiedReceipt {
  readonly proof: TlogProof;
  readonly entry: LedgerEntry;
  readonly checkpoint: Checkpoint;
  readonly witnessedAt: readonly WitnessTime[];
  /** The policy asked for no independent witness: an operator with the log's key could show others another log. */
  readonly operatorOnly: boolean;
}

/**
 * Checks a signed checkpoint against a policy: a log of the policy signed it under its own origin, and enough of the
 * policy's witnesses cosigned. Throws NOTE_…, CHECKPOINT_MALFORMED, LOG_NOT_TRUSTED, WITNESS_QUORUM_NOT_MET.
 */
export function verifyCheckpoint(
  bytes: Uint8Array,
  policy: TrustPolicy,
  checks: SignatureChecks,
): { checkpoint: Checkpoint; witnessedAt: WitnessTime[] } {
  const note = parseNote(bytes);
  const checkpoint = parseCheckpoint(note.text);
  // A trusted key of another log proves nothing here: the key name is the origin.
  const logs = policy.logs.filter(({ name }) => name === checkpoint.origin);
  if (logs.length === 0) throw new LedgerError('LOG_NOT_TRUSTED', 'the policy has no log of this origin');
  const signatures = verifyNote(note, [...logs, ...policy.witnesses.values()], checks);
  if (!signatures.some(({ key }) => key.type === KEY_TYPE.ed25519)) {
    throw new LedgerError('LOG_NOT_TRUSTED', 'no trusted key of the origin signed');
  }
  if (!quorumMet(policy, (witness) => signatures.some(({ key }) => key === witness))) {
    throw new LedgerError('WITNESS_QUORUM_NOT_MET', 'too few witnesses of the policy cosigned');
  }
  return { checkpoint, witnessedAt: signatures.flatMap(witnessTime) };
}

function witnessTime({ key, signature }: VerifiedSignature): WitnessTime[] {
  if (key.type === KEY_TYPE.ed25519) return [];
  return [{ witness: key.name, time: parseCosignature(signature, key.type).time }];
}

/**
 * Verifies an offline receipt with the four checks of transparency-log.md section 8: the leaf is computed from the
 * entry; a trusted key of the origin signed; enough witnesses cosigned; the path leads from the leaf to the root at
 * the size that the checkpoint names. Without the third, a holder of the log's key could sign a tree of this one leaf.
 */
export function verifyReceipt(
  receipt: { readonly proof: Uint8Array; readonly entry: Uint8Array },
  policy: TrustPolicy,
  crypto: VerifierCrypto,
): VerifiedReceipt {
  const proof = parseTlogProof(receipt.proof);
  const leaf = leafHash(receipt.entry, crypto.sha256);
  const { checkpoint, witnessedAt } = verifyCheckpoint(utf8(proof.checkpoint), policy, crypto);
  const { size, root } = checkpoint;
  verifyInclusion({ index: proof.index, size, leaf, proof: proof.hashes, root }, crypto.sha256);
  return {
    proof,
    entry: decodeEntry(receipt.entry),
    checkpoint,
    witnessedAt,
    operatorOnly: trustsOperatorOnly(policy),
  };
}
