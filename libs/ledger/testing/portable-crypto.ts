import { ed25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { concat, type HmacSha256, type Sha256, type SignEd25519, type VerifyEd25519 } from '@aceso/kernel';

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

export const ed25519Signer =
  (seed: Uint8Array): SignEd25519 =>
  (message) =>
    ed25519.sign(message, seed);

export const ed25519PublicKey = (seed: Uint8Array): Uint8Array => ed25519.getPublicKey(seed);
