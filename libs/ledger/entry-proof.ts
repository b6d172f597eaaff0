import type { LedgerEntryId } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import type { Publication } from './data/block';
import type { LoggedRow } from './data/entry';
import { NodeMemory } from './data/node-memory';
import type { Reader } from './data/reader';
import {
  formatTlogProof,
  inclusionRanges,
  leafHash,
  LedgerError,
  proofHashes,
  rangeNodes,
  verifyInclusion,
  type InclusionClaim,
  type LeafRange,
} from './domain';

/** What proves that an entry is in the log. */
export interface EntryProof {
  readonly id: LedgerEntryId;
  readonly index: bigint;
  /** The entry as logged. */
  readonly entry: Uint8Array;
  /** A `.tlog-proof` against the newest published checkpoint. */
  readonly proof: string;
}

/** Makes proofs against published checkpoints, and hands out none that does not hold. */
export class EntryProver {
  private readonly nodes = new NodeMemory(sha256);

  /**
   * Proofs of entries that a published checkpoint holds, all for the size that it names: the tree has grown since.
   * Throws LEDGER_STORAGE_DAMAGED where the stored hashes do not lead to its root.
   */
  async proveAll(reader: Reader, rows: readonly LoggedRow[], publication: Publication): Promise<EntryProof[]> {
    const proofs = await this.attempt(reader, rows, publication);
    if (proofs) return proofs;
    // The database may have been brought back below this process: what it remembers is of another history then.
    this.nodes.clear();
    const anew = await this.attempt(reader, rows, publication);
    if (anew) return anew;
    throw new LedgerError('LEDGER_STORAGE_DAMAGED', 'the stored hashes do not lead to the root of the checkpoint');
  }

  private async attempt(
    reader: Reader,
    rows: readonly LoggedRow[],
    { size, root, note }: Publication,
  ): Promise<EntryProof[] | undefined> {
    const paths = rows.map(({ index }) => inclusionRanges(BigInt(index), size));
    const source = await this.nodes.load(reader, paths.flat().flatMap(rangeNodes));
    const proofs: EntryProof[] = [];
    for (const [at, { id, index: place, bytes: entry }] of rows.entries()) {
      const index = BigInt(place);
      const hashes = proofHashes(paths[at] as LeafRange[], source, sha256);
      if (!holds({ index, size, leaf: leafHash(entry, sha256), proof: hashes, root })) return undefined;
      proofs.push({ id, index, entry, proof: formatTlogProof({ index, hashes, checkpoint: note }) });
    }
    return proofs;
  }
}

function holds(claim: InclusionClaim): boolean {
  try {
    verifyInclusion(claim, sha256);
    return true;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}
