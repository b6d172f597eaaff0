/**
 * Cryptographic functions that pure code receives as arguments. Servers pass the native ones of
 * `@aceso/platform`, browsers those of `@noble/*`; both give the same bytes.
 */

/** SHA-256 (FIPS 180-4) of the joined parts: 32 bytes. */
export type Sha256 = (...parts: readonly Uint8Array[]) => Uint8Array;

/** HMAC-SHA256 (RFC 2104): 32 bytes. */
export interface HmacSha256 {
  (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array;
  /** The same over a text in UTF-8, as lower-case hexadecimal, where many are made under one key and it can be prepared. */
  readonly underKey?: (key: Uint8Array) => (text: string) => string;
}

/** Ed25519 (RFC 8032) with strict checks: small-order keys and non-canonical encodings are refused. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/**
 * ECDSA over P-256 with SHA-256 (FIPS 186-5 section 6.4.2). The key is a compressed point (SEC 1 section 2.3.3); the signature
 * is ASN.1 DER (RFC 3279 section 2.2.3), as authenticators make it. A point off the curve and DER in any other form than
 * the one are refused.
 */
export type VerifyP256 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** ML-DSA-44 (FIPS 204, algorithm 3) with an empty context. */
export type VerifyMlDsa44 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Signs with the one key that the function was made for: 64 bytes. */
export type SignEd25519 = (message: Uint8Array) => Uint8Array;

/** Fresh random bytes from a cryptographic source. */
export type RandomBytes = (length: number) => Uint8Array;

/** Milliseconds since 1970-01-01T00:00:00Z: the only clock that code sees. */
export type Clock = () => number;
