import { hex, utf8 } from '@aceso/kernel';
import {
  cosign,
  formatCheckpoint,
  formatNote,
  inclusionRanges,
  KEY_TYPE,
  leafHash,
  type NodeId,
  proofHashes,
  signCheckpoint,
  treeRoot,
  verifierKey,
  type Checkpoint,
} from '../domain';
import { ed25519PublicKey, ed25519Signer, sha256 } from './portable-crypto';

/** The five-entry log of the worked example (transparency-log.md sections 4, 5 and 8), made from its seeds. */
export const ORIGIN = 'ledger.example.org/consent';
export const LOG_SEED = new Uint8Array(32).fill(0x01);
export const WITNESS_SEED = new Uint8Array(32).fill(0x02);
export const COSIGNED_AT = 1_700_000_000n;

export const ENTRIES = [0, 1, 2, 3, 4].map((n) => utf8(`{"n":${n}}`));
export const LEAVES = ENTRIES.map((entry) => leafHash(entry, sha256));

export const LOG_KEY = verifierKey(
  { name: ORIGIN, type: KEY_TYPE.ed25519, publicKey: ed25519PublicKey(LOG_SEED) },
  sha256,
);
export const WITNESS_KEY = verifierKey(
  { name: 'witness.example.net/w1', type: KEY_TYPE.cosignature, publicKey: ed25519PublicKey(WITNESS_SEED) },
  sha256,
);

/** The checkpoint of the first `size` entries. */
export function checkpointAt(size: number): Checkpoint {
  return { origin: ORIGIN, size: BigInt(size), root: treeRoot(LEAVES.slice(0, size), sha256), extensions: [] };
}

/** A checkpoint signed by the log, and by the witness if wanted. */
export function signedCheckpoint(checkpoint: Checkpoint, options: { cosigned: boolean }): string {
  const text = formatCheckpoint(checkpoint);
  const own = signCheckpoint(text, LOG_KEY, ed25519Signer(LOG_SEED));
  const { name, keyId } = WITNESS_KEY;
  const cosignature = { name, keyId, signature: cosign(text, COSIGNED_AT, ed25519Signer(WITNESS_SEED)) };
  return formatNote({ text, signatures: options.cosigned ? [own, cosignature] : [own] });
}

/** A source of subtree hashes over any leaves, by plain recursion. */
export function nodeSource(leaves: readonly Uint8Array[]): (node: NodeId) => Uint8Array {
  return ({ level, index }) => {
    const [start, end] = [Number(index) << level, (Number(index) + 1) << level];
    return treeRoot(leaves.slice(start, end), sha256);
  };
}

/** The inclusion proof of an entry in the first `size` entries. */
export function inclusionProof(index: number, size: number): Uint8Array[] {
  return proofHashes(inclusionRanges(BigInt(index), BigInt(size)), nodeSource(LEAVES), sha256);
}

export const hexOf = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => hex.encode(hash));
