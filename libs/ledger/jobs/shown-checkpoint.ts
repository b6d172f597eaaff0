import { bytesEqual, utf8 } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { loadNodes } from '../data/hashes';
import type { Reader } from '../data/reader';
import type { ForkEvidence } from '../data/witnessing';
import {
  joinSubtrees,
  LedgerError,
  parseCheckpoint,
  parseNote,
  rangeNodes,
  verifyNote,
  type Checkpoint,
  type SignatureChecks,
  type VerifierKey,
} from '../domain';

/** The checkpoint of a note that somebody shows, if this log's key signed it: nobody else can have made it then. */
export function signedByLog(text: string, logKey: VerifierKey, checks: SignatureChecks): Checkpoint | undefined {
  const checkpoint = refusalOf(() => {
    const note = parseNote(utf8(text));
    verifyNote(note, [logKey], checks);
    return parseCheckpoint(note.text);
  });
  return checkpoint instanceof LedgerError || checkpoint.origin !== logKey.name ? undefined : checkpoint;
}

/**
 * What a checkpoint that this log signed holds against the stored tree of `ownSize` leaves; undefined when the tree begins
 * with it. Throws LEDGER_STORAGE_DAMAGED where hashes are missing.
 */
export async function contradictionOf(
  reader: Reader,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
  ownSize: bigint,
): Promise<Exclude<ForkEvidence['kind'], 'refused proof'> | undefined> {
  if (size > ownSize) return 'larger tree';
  const nodes = rangeNodes({ start: 0n, end: size });
  const own = joinSubtrees(nodes.map(await loadNodes(reader, nodes, sha256)), sha256);
  return bytesEqual(root, own) ? undefined : 'other tree';
}

/** The value, or the refusal as one. */
export function refusalOf<Value>(make: () => Value): Value | LedgerError {
  try {
    return make();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
}
