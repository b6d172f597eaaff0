import type { LedgerEntryId } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import type { Publication } from './data/block';
import type { EntryRow } from './data/entry';
import { loadNodes } from './data/hashes';
import type { Reader } from './data/reader';
import { formatTlogProof, inclusionRanges, proofHashes, rangeNodes } from './domain';

/** What proves that an entry is in the log. */
export interface EntryProof {
  readonly id: LedgerEntryId;
  readonly index: bigint;
  /** The entry as logged. */
  readonly entry: Uint8Array;
  /** A `.tlog-proof` against the newest published checkpoint. */
  readonly proof: string;
}

/** Proofs of entries that a published checkpoint holds, all for the size that it names: the tree has grown since. */
export async function proveAll(
  reader: Reader,
  rows: readonly EntryRow[],
  publication: Publication,
): Promise<EntryProof[]> {
  const paths = rows.map(({ index }) => inclusionRanges(BigInt(index), publication.size));
  const source = await loadNodes(reader, paths.flat().flatMap(rangeNodes), sha256);
  return rows.map(({ id, index, bytes }, at) => {
    const hashes = proofHashes(paths[at] ?? [], source, sha256);
    const proof = formatTlogProof({ index: BigInt(index), hashes, checkpoint: publication.note });
    return { id, index: BigInt(index), entry: bytes, proof };
  });
}
