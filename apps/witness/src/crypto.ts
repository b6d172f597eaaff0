import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { concat, hex, type Sha256, type SignEd25519, type VerifyEd25519 } from '@aceso/kernel';

/** A witness shares no code with the log that it watches but the pure core: its cryptography is Node's own. */

/** RFC 8410 section 7: PKCS #8 frame of a 32-byte Ed25519 seed. */
const PKCS8_PREFIX = hex.decode('302e020100300506032b657004220420');
/** RFC 8410 section 4: SubjectPublicKeyInfo frame of a 32-byte Ed25519 public key. */
const SPKI_PREFIX = hex.decode('302a300506032b6570032100');

/** SHA-256 (FIPS 180-4). */
export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 8032 section 5.1.7. The keys are those that the witness's own configuration names. */
export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  const key = createPublicKey({ key: Buffer.from(concat(SPKI_PREFIX, publicKey)), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
};

/** A key pair of one 32-byte seed: its signer and its raw public key. */
export function keyPair(seed: Uint8Array): { readonly sign: SignEd25519; readonly publicKey: Uint8Array } {
  const key = createPrivateKey({ key: Buffer.from(concat(PKCS8_PREFIX, seed)), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { sign: (message) => sign(null, message, key), publicKey: new Uint8Array(spki.subarray(SPKI_PREFIX.length)) };
}
