import { createHash, createHmac } from 'node:crypto';
import type { HmacSha256, Sha256 } from '@aceso/kernel';
import type { SaleContext } from '../domain';

/** The hashes that pure code takes as arguments, from Node's own library, so that specs need no platform. */
export const hmacSha256: HmacSha256 = (key, ...parts) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

export const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** A sale under a key of one repeated byte, on 2020-06-15, with the finest generalisation. */
export function saleOf(keyByte = 1, changes: Partial<SaleContext> = {}): SaleContext {
  return {
    saleKey: new Uint8Array(32).fill(keyByte),
    hmacSha256,
    asOf: '2020-06-15',
    generalisation: { ageBandYears: 5, location: 'zip3', race: 'kept', ethnicity: 'kept' },
    ...changes,
  };
}
