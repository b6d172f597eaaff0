import { concat, u64, utf8, type SignEd25519 } from '@aceso/kernel';
import type { Checkpoint } from './checkpoint';
import { LedgerError } from './ledger.errors';
import { KEY_TYPE } from './verifier-key';

const TIME_BYTES = 8;
/** Key types whose signatures carry a time, and the length of what follows it. */
const SIGNATURE_BYTES = { [KEY_TYPE.cosignature]: 64, [KEY_TYPE.mlDsa44]: 2420 } as const;
export type CosignatureType = keyof typeof SIGNATURE_BYTES;

/** tlog-cosignature, type 0x06: the label of the signed structure, 12 bytes. */
const SUBTREE_LABEL = utf8('subtree/v1\n\0');
/** A name or an origin stands behind one byte of length. */
const NAME_BYTES_MAX = 255;

/** A witness's word: at this time (Unix seconds) this was the largest consistent tree it had seen for the origin. */
export interface Cosignature {
  readonly time: bigint;
  readonly signature: Uint8Array;
}

/** tlog-cosignature, cosignature/v1: what the witness signs. `text` is the checkpoint text with its final newline. */
export function cosignatureMessage(text: string, time: bigint): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/**
 * tlog-cosignature, subtree/v1: what an ML-DSA-44 witness signs of a checkpoint, the subtree from leaf 0 to its size.
 * label 12 || u8 length || cosigner name || u64 time || u8 length || origin || u64 start || u64 end || root 32. It names
 * the cosigner and leaves extension lines out. Throws COSIGNATURE_MALFORMED for a name that does not fit.
 */
export function subtreeMessage(cosigner: string, time: bigint, { origin, size, root }: Checkpoint): Uint8Array {
  return concat(SUBTREE_LABEL, prefixed(cosigner), u64(time), prefixed(origin), u64(0), u64(size), root);
}

function prefixed(name: string): Uint8Array {
  const bytes = utf8(name);
  if (bytes.length > NAME_BYTES_MAX) {
    throw new LedgerError('COSIGNATURE_MALFORMED', `a cosigned name has at most ${NAME_BYTES_MAX} bytes`);
  }
  return concat(Uint8Array.of(bytes.length), bytes);
}

/**
 * tlog-cosignature: the field after the key ID is time(8, big-endian) || signature, of 64 bytes for type 0x04 and of
 * 2420 for type 0x06. Throws COSIGNATURE_MALFORMED.
 */
export function parseCosignature(field: Uint8Array, type: CosignatureType = KEY_TYPE.cosignature): Cosignature {
  if (field.length !== TIME_BYTES + SIGNATURE_BYTES[type]) {
    throw new LedgerError('COSIGNATURE_MALFORMED', 'a cosignature has 8 bytes of time and 64 or 2,420 of signature');
  }
  const view = new DataView(field.buffer, field.byteOffset, TIME_BYTES);
  return { time: view.getBigUint64(0), signature: field.slice(TIME_BYTES) };
}

/** Cosigns a checkpoint text at a time (Unix seconds): the field that follows the key ID. */
export function cosign(text: string, time: bigint, sign: SignEd25519): Uint8Array {
  return concat(u64(time), sign(cosignatureMessage(text, time)));
}
