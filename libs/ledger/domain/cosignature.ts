import { concat, u64, utf8, type SignEd25519 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';

const TIME_BYTES = 8;
const ED25519_SIGNATURE_BYTES = 64;

/** A witness's word: at this time (Unix seconds) this was the largest consistent tree it had seen for the origin. */
export interface Cosignature {
  readonly time: bigint;
  readonly signature: Uint8Array;
}

/** tlog-cosignature, cosignature/v1: what the witness signs. `text` is the checkpoint text with its final newline. */
export function cosignatureMessage(text: string, time: bigint): Uint8Array {
  return utf8(`cosignature/v1\ntime ${time}\n${text}`);
}

/** tlog-cosignature: the field after the key ID is time(8, big-endian) || signature(64). Throws COSIGNATURE_MALFORMED. */
export function parseCosignature(field: Uint8Array): Cosignature {
  if (field.length !== TIME_BYTES + ED25519_SIGNATURE_BYTES) {
    throw new LedgerError('COSIGNATURE_MALFORMED', 'a cosignature has 8 bytes of time and 64 of signature');
  }
  const view = new DataView(field.buffer, field.byteOffset, TIME_BYTES);
  return { time: view.getBigUint64(0), signature: field.slice(TIME_BYTES) };
}

/** Cosigns a checkpoint text at a time (Unix seconds): the field that follows the key ID. */
export function cosign(text: string, time: bigint, sign: SignEd25519): Uint8Array {
  return concat(u64(time), sign(cosignatureMessage(text, time)));
}
