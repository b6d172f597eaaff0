import { createCipheriv } from 'node:crypto';
import type { RandomBytes } from '@aceso/kernel';
import type { ElementNode } from './element-tree';
import type { SecurityLabel } from './security-labels';

const NONCE_BYTES = 12;

/**
 * Replaces a primitive's value by base64(nonce ‖ AES-GCM ciphertext ‖ tag of 16 bytes), a fresh random nonce each: equal
 * values do not look alike. `key` has 16, 24 or 32 bytes.
 */
export function encrypt(element: ElementNode, key: Uint8Array, randomBytes: RandomBytes): SecurityLabel | undefined {
  if (element.value === undefined || element.value === '') return undefined;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(
    key.length === 16 ? 'aes-128-gcm' : key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm',
    key,
    nonce,
  );
  const sealed = [nonce, cipher.update(String(element.value), 'utf8'), cipher.final(), cipher.getAuthTag()];
  element.value = Buffer.concat(sealed).toString('base64');
  return 'masked';
}
