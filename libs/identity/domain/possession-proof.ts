import { base64url, utf8, type Sha256, type SignEd25519 } from '@aceso/kernel';

/** The request that a proof is for. */
export interface ProvenRequest {
  readonly token: string;
  readonly method: string;
  /** As it is sent; query and fragment are left out of the proof. */
  readonly url: string;
  readonly jti: string;
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly iat: number;
}

/**
 * The value of the DPoP header of one request (RFC 9449 section 4.2): a JWT of the Ed25519 key that the token is bound to. Clients
 * make it.
 */
export function composePossessionProof(
  key: { readonly publicKey: Uint8Array; readonly sign: SignEd25519; readonly sha256: Sha256 },
  { token, method, url, jti, iat }: ProvenRequest,
): string {
  const { origin, pathname } = new URL(url);
  const header = {
    typ: 'dpop+jwt',
    alg: 'EdDSA',
    jwk: { kty: 'OKP', crv: 'Ed25519', x: base64url.encode(key.publicKey) },
  };
  const claims = { jti, htm: method, htu: origin + pathname, iat, ath: base64url.encode(key.sha256(utf8(token))) };
  const signed = [header, claims].map((part) => base64url.encode(utf8(JSON.stringify(part)))).join('.');
  return `${signed}.${base64url.encode(key.sign(utf8(signed)))}`;
}
