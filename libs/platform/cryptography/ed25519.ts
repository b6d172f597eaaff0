import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { assert, concat, hex, type SignEd25519, type VerifyEd25519 } from '@aceso/kernel';

/** RFC 8410 section 7: PKCS #8 frame of a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = hex.decode('302e020100300506032b657004220420');
/** RFC 8410 section 4: SubjectPublicKeyInfo frame of a 32-byte Ed25519 public key. */
const SPKI_PREFIX = hex.decode('302a300506032b6570032100');
const KEY_BYTES = 32;

/** RFC 8032 section 5.1: the field prime. */
const FIELD_PRIME = 2n ** 255n - 19n;
/** y of the four points of order 8: the solution of d·y^4 + 2·y^2 = 1, and its negative. */
const ORDER_EIGHT_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
/** y of all eight points whose order divides the cofactor 8: a signature under such a key proves nothing. */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  FIELD_PRIME - 1n,
  ORDER_EIGHT_Y,
  FIELD_PRIME - ORDER_EIGHT_Y,
]);

/** Parsed public keys are kept, as parsing costs a good part of a verification; the oldest goes first. */
const PUBLIC_KEYS_MAX = 4096;
const publicKeys = new Map<string, KeyObject>();

/**
 * Ed25519 verification (RFC 8032 section 5.1.7), strict: keys of small order and keys whose y is not reduced are
 * refused here; OpenSSL refuses s >= L and compares R byte by byte. False for anything that does not verify.
 */
export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  if (publicKey.length !== KEY_BYTES || signature.length !== 64) return false;
  const key = cachedKey(publicKey);
  return key !== undefined && verify(null, message, key, signature);
};

/** A signer that holds the key of one 32-byte seed (RFC 8032 section 5.1.5). */
export function ed25519Signer(seed: Uint8Array): SignEd25519 {
  const key = privateKey(seed);
  return (message) => sign(null, message, key);
}

/** The raw 32-byte public key of a seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(spki.subarray(SPKI_PREFIX.length));
}

function privateKey(seed: Uint8Array): KeyObject {
  assert(seed.length === KEY_BYTES, 'an Ed25519 seed has 32 bytes');
  return createPrivateKey({ key: Buffer.from(concat(PKCS8_PREFIX, seed)), format: 'der', type: 'pkcs8' });
}

function cachedKey(bytes: Uint8Array): KeyObject | undefined {
  const name = Buffer.from(bytes).toString('latin1');
  const known = publicKeys.get(name);
  if (known) return known;
  if (!isAcceptable(bytes)) return undefined;
  const key = createPublicKey({ key: Buffer.from(concat(SPKI_PREFIX, bytes)), format: 'der', type: 'spki' });
  const oldest = publicKeys.size >= PUBLIC_KEYS_MAX ? publicKeys.keys().next().value : undefined;
  if (oldest !== undefined) publicKeys.delete(oldest);
  publicKeys.set(name, key);
  return key;
}

/** RFC 8032 section 5.1.3: y is little-endian, its top bit the sign of x, and must be smaller than the prime. */
function isAcceptable(bytes: Uint8Array): boolean {
  const y = BigInt(`0x${hex.encode(Uint8Array.from(bytes).reverse())}`) & (2n ** 255n - 1n);
  return y < FIELD_PRIME && !SMALL_ORDER_Y.has(y);
}
