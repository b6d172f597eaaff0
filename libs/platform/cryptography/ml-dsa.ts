import type { VerifyMlDsa44 } from '@aceso/kernel';

/**
 * ML-DSA-44 verification (FIPS 204): Node 20 has none of its own. The library is loaded when it is asked for: most
 * processes never verify such a line. False for anything that does not verify.
 */
export async function loadMlDsa44(): Promise<VerifyMlDsa44> {
  const { ml_dsa44: mlDsa44 } = await import('@noble/post-quantum/ml-dsa.js');
  return (publicKey, message, signature) => {
    try {
      return mlDsa44.verify(signature, message, publicKey);
    } catch {
      return false; // a key or a signature of another length
    }
  };
}
