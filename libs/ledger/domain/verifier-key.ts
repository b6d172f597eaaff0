import { base64, bytesEqual, concat, hex, utf8, type Sha256 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';

/** signed-note: the byte that says what a key signs. Types 0x02 (ECDSA) and 0x05 (RFC 6962) are not used here. */
export const KEY_TYPE = {
  /** Ed25519 over the note text. */
  ed25519: 0x01,
  /** cosignature/v1: Ed25519 over time and checkpoint. */
  cosignature: 0x04,
  /** ML-DSA-44 over time and subtree: verified where the reader has the function, else carried along. */
  mlDsa44: 0x06,
} as const;

export type KeyType = (typeof KEY_TYPE)[keyof typeof KEY_TYPE];

const PUBLIC_KEY_BYTES: Record<KeyType, number> = { 0x01: 32, 0x04: 32, 0x06: 1312 };
const KEY_ID_BYTES = 4;
const VERIFIER_KEY = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/;

/** A public key under a name. `keyId` is eight hexadecimal digits: an identifier, not a security control. */
export interface VerifierKey {
  readonly name: string;
  readonly keyId: string;
  readonly type: KeyType;
  readonly publicKey: Uint8Array;
}

/** signed-note: a key name is not empty and has neither a Unicode space nor a plus sign. */
export function isKeyName(name: string): boolean {
  return name.length > 0 && !/[\p{White_Space}+]/u.test(name);
}

/** signed-note: key ID = SHA-256(name || 0x0A || type || public key)[:4]. */
function keyId(name: string, typedKey: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(utf8(name), Uint8Array.of(0x0a), typedKey).slice(0, KEY_ID_BYTES);
}

/** The verifier key of a name, a type and a raw public key. */
export function verifierKey(key: Omit<VerifierKey, 'keyId'>, sha256: Sha256): VerifierKey {
  const { name, type, publicKey } = key;
  if (!isKeyName(name)) throw malformed('the name is empty or holds a space or a plus sign');
  if (publicKey.length !== PUBLIC_KEY_BYTES[type]) throw malformed('the public key has the wrong length');
  return { name, type, publicKey, keyId: hex.encode(keyId(name, concat(Uint8Array.of(type), publicKey), sha256)) };
}

/** signed-note: `<name>+<key ID>+<base64(type || public key)>`. */
export function formatVerifierKey({ name, keyId: id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${base64.encode(concat(Uint8Array.of(type), publicKey))}`;
}

/**
 * Reads a verifier key and computes its key ID anew: two published implementations accept one that does not fit.
 * Only the first two plus signs separate, because base64 may hold more. Throws VERIFIER_KEY_MALFORMED.
 */
export function parseVerifierKey(text: string, sha256: Sha256): VerifierKey {
  const parts = VERIFIER_KEY.exec(text);
  if (parts === null) throw malformed('expected <name>+<8 hexadecimal digits>+<base64>');
  const [, name, id, encoded] = parts as unknown as [string, string, string, string];
  const typedKey = decodeKey(encoded);
  const type = typedKey[0] as KeyType;
  if (PUBLIC_KEY_BYTES[type] === undefined) throw malformed('the key type is not known');
  const key = verifierKey({ name, type, publicKey: typedKey.slice(1) }, sha256);
  if (!bytesEqual(hex.decode(id), hex.decode(key.keyId))) throw malformed('the key ID does not fit name and key');
  return key;
}

function decodeKey(encoded: string): Uint8Array {
  try {
    return base64.decode(encoded);
  } catch (cause) {
    throw malformed('the key is not base64', cause);
  }
}

function malformed(why: string, cause?: unknown): LedgerError {
  return new LedgerError('VERIFIER_KEY_MALFORMED', `verifier key: ${why}`, { cause });
}
