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

/** What a `did:key` names: the type of a public key, and the key itself. */
export type DidPublicKey =
  | { readonly type: 'Ed25519'; readonly publicKey: Uint8Array }
  /** `publicKey` is the compressed point (SEC 1 section 2.3.3): 0x02 or 0x03, then x in 32 bytes. */
  | { readonly type: 'P-256'; readonly publicKey: Uint8Array };

const DID_KEY_PREFIX = 'did:key:z';
const DID_KEY_LENGTH_MAX = 80;
/** Varints of the multicodec codes 0xed (ed25519-pub) and 0x1200 (p256-pub): W3C CCG did:key method, section 3. */
const ED25519_PUBLIC_KEY = Uint8Array.of(0xed, 0x01);
const P256_PUBLIC_KEY = Uint8Array.of(0x80, 0x24);

/** `did:key` of a raw 32-byte Ed25519 public key (W3C CCG did:key method, multibase base58btc): `did:key:z6Mk…`. */
export function encodeDidKey(publicKey: Uint8Array): string {
  if (publicKey.length !== 32) throw new TypeError('an Ed25519 public key has 32 bytes');
  return DID_KEY_PREFIX + base58.encode(Uint8Array.of(...ED25519_PUBLIC_KEY, ...publicKey));
}

/** `did:key` of a P-256 public key as a compressed point of 33 bytes (W3C CCG did:key method): `did:key:zDn…`. */
export function encodeP256DidKey(publicKey: Uint8Array): string {
  if (!isCompressedPoint(publicKey)) throw new TypeError('a compressed P-256 public key has 33 bytes');
  return DID_KEY_PREFIX + base58.encode(Uint8Array.of(...P256_PUBLIC_KEY, ...publicKey));
}

/**
 * The public key of a `did:key`; throws a TypeError for every other key type or form. Whether the bytes are a point of
 * the curve is for the verification to say.
 */
export function parseDidKey(did: string): DidPublicKey {
  if (!did.startsWith(DID_KEY_PREFIX) || did.length > DID_KEY_LENGTH_MAX) throw unknownKey();
  const bytes = base58.decode(did.slice(DID_KEY_PREFIX.length));
  const publicKey = bytes.slice(2);
  const has = (code: Uint8Array) => bytes[0] === code[0] && bytes[1] === code[1];
  if (has(ED25519_PUBLIC_KEY) && publicKey.length === 32) return { type: 'Ed25519', publicKey };
  if (has(P256_PUBLIC_KEY) && isCompressedPoint(publicKey)) return { type: 'P-256', publicKey };
  throw unknownKey();
}

/** The raw Ed25519 public key of a `did:key`; throws a TypeError for every other key type or form. */
export function decodeDidKey(did: string): Uint8Array {
  const { type, publicKey } = parseDidKey(did);
  if (type !== 'Ed25519') throw new TypeError('not a did:key of an Ed25519 key');
  return publicKey;
}

/** Made where it is thrown: an error notes its stack, which costs more than decoding. */
function unknownKey(): TypeError {
  return new TypeError('not a did:key of an Ed25519 or P-256 key');
}

function isCompressedPoint(bytes: Uint8Array): boolean {
  return bytes.length === 33 && (bytes[0] === 0x02 || bytes[0] === 0x03);
}
