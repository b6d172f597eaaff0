import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { assert, concat } from '@aceso/kernel';
import { PlatformError } from '../platform.errors';

/** NIST SP 800-38D section 5.2.1.1: the 96-bit nonce, which needs no further hashing. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** What sealing adds to a plaintext, in bytes. */
export const SEAL_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/**
 * AES-256-GCM under a fresh random nonce: nonce (12) ‖ ciphertext ‖ tag (16). `aad` is bound, not stored.
 * Random nonces limit one key to 2^32 messages (SP 800-38D section 8.3); ours seal far fewer.
 */
export function sealAes256Gcm(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  assert(key.length === KEY_BYTES, 'an AES-256 key has 32 bytes');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(aad);
  return concat(nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
}

/** Opens what {@link sealAes256Gcm} made; throws CIPHERTEXT_INVALID when key, text, tag or `aad` differ. */
export function openAes256Gcm(key: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array {
  assert(key.length === KEY_BYTES, 'an AES-256 key has 32 bytes');
  if (sealed.length < SEAL_OVERHEAD_BYTES) throw new PlatformError('CIPHERTEXT_INVALID', 'shorter than nonce and tag');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    decipher.final(); // GCM adds no bytes here: this only compares the tag
  } catch (cause) {
    plaintext.fill(0); // nothing unauthenticated leaves
    throw new PlatformError('CIPHERTEXT_INVALID', 'the authentication tag does not match', { cause });
  }
  return plaintext;
}
