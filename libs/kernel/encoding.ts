import { base58, base64 as rfc4648, base64urlnopad, hex as base16 } from '@scure/base';
import { decodeBase64url } from './base64url';

/** Strict codecs: what they decode encodes to the same text again, everything else throws. */

/** RFC 4648 section 4, with padding. */
export const base64 = {
  encode: (bytes: Uint8Array): string => rfc4648.encode(bytes),
  decode: (text: string): Uint8Array => rfc4648.decode(text),
};

/** RFC 4648 section 5, without padding. */
export const base64url = {
  encode: (bytes: Uint8Array): string => base64urlnopad.encode(bytes),
  decode: decodeBase64url,
};

/** Lower-case hexadecimal. */
export const hex = {
  encode: (bytes: Uint8Array): string => base16.encode(bytes),
  decode: (text: string): Uint8Array => {
    if (text !== text.toLowerCase()) throw new TypeError('hexadecimal is lower case here');
    return base16.decode(text);
  },
};

/** Multicodec code 0xed (Ed25519 public key) as a varint: W3C did:key, section on Ed25519. */
const ED25519_PUBLIC_KEY = Uint8Array.of(0xed, 0x01);
const DID_KEY_PREFIX = 'did:key:z';

/** `did:key` of a raw 32-byte Ed25519 public key (W3C CCG did:key method, multibase base58btc). */
export function encodeDidKey(publicKey: Uint8Array): string {
  if (publicKey.length !== 32) throw new TypeError('an Ed25519 public key has 32 bytes');
  const bytes = new Uint8Array(34);
  bytes.set(ED25519_PUBLIC_KEY);
  bytes.set(publicKey, 2);
  return DID_KEY_PREFIX + base58.encode(bytes);
}

/** The raw Ed25519 public key of a `did:key`; throws a TypeError for every other key type or form. */
export function decodeDidKey(did: string): Uint8Array {
  if (!did.startsWith(DID_KEY_PREFIX) || did.length > 80) throw new TypeError('not a did:key of an Ed25519 key');
  const bytes = base58.decode(did.slice(DID_KEY_PREFIX.length));
  if (bytes.length !== 34 || bytes[0] !== 0xed || bytes[1] !== 0x01) {
    throw new TypeError('not a did:key of an Ed25519 key');
  }
  return bytes.slice(2);
}
