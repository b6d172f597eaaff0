import { createHash, createHmac } from 'node:crypto';
import type { HmacSha256, Sha256 } from '@aceso/kernel';

/** SHA-256 (FIPS 180-4) by OpenSSL. */
export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** HMAC-SHA256 (RFC 2104) by OpenSSL. */
export const hmacSha256: HmacSha256 = (key, ...parts) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};
