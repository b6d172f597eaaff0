import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import {
  concat,
  type HmacSha256,
  type Sha256,
  type SignEd25519,
  type VerifyEd25519,
  type VerifyMlDsa44,
  type VerifyP256,
} from '@aceso/kernel';

/** The functions of a browser: the pure core is tested with them, so server and browser cannot drift apart. */

export const sha256: Sha256 = (...parts) => nobleSha256(concat(...parts));

export const hmacSha256: HmacSha256 = (key, ...parts) => hmac(nobleSha256, key, concat(...parts));

/** Strict: the default (ZIP 215) accepts an R that Node refuses, Wycheproof case 151. */
export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};

/** A high s is taken, since authenticators write either (FIPS 186-5 has no rule). */
export const verifyP256: VerifyP256 = (publicKey, message, signature) => {
  try {
    return p256.verify(signature, message, publicKey, { lowS: false, format: 'der' });
  } catch {
    return false;
  }
};

export const verifyMlDsa44: VerifyMlDsa44 = (publicKey, message, signature) => {
  try {
    return ml_dsa44.verify(signature, message, publicKey);
  } catch {
    return false;
  }
};

export const ed25519Signer =
  (seed: Uint8Array): SignEd25519 =>
  (message) =>
    ed25519.sign(message, seed);

/** ML-DSA-44 key pair of a 32-byte seed. */
export const mlDsa44Keys = (seed: Uint8Array): { secretKey: Uint8Array; publicKey: Uint8Array } =>
  ml_dsa44.keygen(seed);

/** FIPS 204, the deterministic variant: the same seed and message give the same bytes. */
export const mlDsa44Signer =
  (secretKey: Uint8Array) =>
  (message: Uint8Array): Uint8Array =>
    ml_dsa44.sign(message, secretKey, { extraEntropy: false });

export const ed25519PublicKey = (seed: Uint8Array): Uint8Array => ed25519.getPublicKey(seed);
