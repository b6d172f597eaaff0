import { createHash, createHmac, createSecretKey, hash } from 'node:crypto';
import type { HmacSha256, Sha256 } from '@aceso/kernel';

/** Up to here joining the parts costs less than a hash object does: leaves and nodes of the ledger's tree. */
const SHORT_BYTES_MAX = 512;

/** SHA-256 (FIPS 180-4) by OpenSSL. */
export const sha256: Sha256 = (...parts) => {
  let length = 0;
  for (const part of parts) length += part.length;
  if (length <= SHORT_BYTES_MAX) return hash('sha256', Buffer.concat(parts, length), 'buffer');
  const long = createHash('sha256');
  for (const part of parts) long.update(part);
  return long.digest();
};

/** HMAC-SHA256 (RFC 2104) by OpenSSL. */
export const hmacSha256: HmacSha256 = Object.assign(hmac, { underKey });

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** A prepared key and hexadecimal straight from OpenSSL: twice as many a second as bytes that are written out later. */
function underKey(key: Uint8Array): (text: string) => string {
  const secret = createSecretKey(key);
  return (text) => createHmac('sha256', secret).update(text).digest('hex');
}
