import { base64url, decodeDidKey, utf8, type Sha256 } from '@aceso/kernel';

/** RFC 7638 thumbprint of a party key as a JWK: the members that RFC 8037 section 2 requires, in lexicographic order. */
export function jwkThumbprint(did: string, sha256: Sha256): string {
  const x = base64url.encode(decodeDidKey(did));
  return base64url.encode(sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
}
