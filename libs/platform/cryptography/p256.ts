import { createPublicKey, ECDH, verify, type KeyObject } from 'node:crypto';
import { hex, type VerifyP256 } from '@aceso/kernel';

/** RFC 5480 section 2: SubjectPublicKeyInfo frame of an uncompressed P-256 point of 65 bytes. */
const SPKI_PREFIX = hex.decode('3059301306072a8648ce3d020106082a8648ce3d030107034200');
const COMPRESSED_BYTES = 33;

/**
 * ECDSA over P-256 with SHA-256 (FIPS 186-5 section 6.4.2). A point off the curve is refused here; OpenSSL refuses r and s
 * outside 1 to n - 1, and DER that it would have written otherwise. False for anything that does not verify.
 */
export const verifyP256: VerifyP256 = (publicKey, message, signature) => {
  const key = publicKey.length === COMPRESSED_BYTES ? publicKeyOf(publicKey) : null;
  return key !== null && verify('sha256', message, { key, dsaEncoding: 'der' }, signature);
};

function publicKeyOf(compressed: Uint8Array): KeyObject | null {
  try {
    const point = ECDH.convertKey(
      Buffer.from(compressed),
      'prime256v1',
      undefined,
      undefined,
      'uncompressed',
    ) as Buffer;
    return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, point]), format: 'der', type: 'spki' });
  } catch {
    return null; // these bytes are no point of the curve
  }
}
