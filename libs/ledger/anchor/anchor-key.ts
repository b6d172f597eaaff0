import { fromUtf8 } from '@aceso/kernel';
import { readPrivateFile } from '@aceso/platform';
import { LedgerError } from '../domain';

/** A private key of secp256k1 as EVM tools write it: 64 hexadecimal digits, with or without 0x. */
const KEY = /^(?:0x)?([0-9a-fA-F]{64})\s*$/;

/**
 * Reads the key that may anchor. Throws ANCHOR_KEY_INVALID and what {@link readPrivateFile} throws; no message repeats
 * anything of the file.
 */
export function readAnchorKey(file: string): `0x${string}` {
  const digits = KEY.exec(asText(readPrivateFile(file, 'of the anchor')))?.[1];
  if (digits === undefined) {
    throw new LedgerError(
      'ANCHOR_KEY_INVALID',
      'the key file of the anchor holds no private key of 64 hexadecimal digits',
    );
  }
  return `0x${digits}`;
}

function asText(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return ''; // the caller says that it is no key
  }
}
