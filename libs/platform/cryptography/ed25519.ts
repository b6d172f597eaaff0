import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { assert, concat, hex, type SignEd25519, type VerifyEd25519 } from '@aceso/kernel';

/** RFC 8410 section 7: PKCS #8 frame of a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = hex.decode('302e020100300506032b657004220420');
/** RFC 8410 section 4: SubjectPublicKeyInfo frame of a 32-byte Ed25519 public key. */
const SPKI_PREFIX = hex.decode('302a300506032b6570032100');
const KEY_BYTES = 32;

/**
 * RFC 8032 section 5.1.3: y as 32 bytes, little-endian and without the sign of x, of all eight points whose order divides the cofactor
 * 8: a signature under such a key proves nothing. 0, 1, p - 1, and the two y with d·y^4 + 2·y^2 = 1.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);
/** y from the field prime 2^255 - 19 on: it would be another writing of a smaller one. */
const NOT_REDUCED = /^(?:e[def]|f[0-9a-f])(?:ff){30}7f$/;

/**
 * Ed25519 verification (RFC 8032 section 5.1.7), strict: keys of small order and keys whose y is not reduced are
 * refused here; OpenSSL refuses s >= L and compares R byte by byte. False for anything that does not verify.
 */
export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  if (publicKey.length !== KEY_BYTES || signature.length !== 64) return false;
  if (!isAcceptable(publicKey)) return false;
  // RFC 8037: as a JWK, which costs a twentieth of what reading the same key as DER does, so that no key has to be kept.
  const x = Buffer.from(publicKey).toString('base64url');
  return verify(null, message, { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }, signature);
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

/** RFC 8032 section 5.1.3: the top bit is the sign of x; y must be smaller than the prime and of no small order. */
function isAcceptable(bytes: Uint8Array): boolean {
  const y = Buffer.from(bytes);
  y[KEY_BYTES - 1] = (y[KEY_BYTES - 1] ?? 0) & 0x7f;
  const digits = y.toString('hex');
  return !SMALL_ORDER_Y.has(digits) && !NOT_REDUCED.test(digits);
}
