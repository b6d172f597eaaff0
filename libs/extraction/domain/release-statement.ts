import {
  encodeDidKey,
  signStatement,
  statementText,
  verifyStatement,
  type SignEd25519,
  type VerifyEd25519,
} from '@aceso/kernel';
import { z } from 'zod';

export const RELEASE_STATEMENT = 'aceso/release/v1';

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

const ReleaseClaims = z.strictObject({
  jti: z.uuid(),
  /** Origin of the ledger that holds the release entry. */
  aud: z.string(),
  /** Unix seconds. */
  iat: z.int(),
  /** End of the buyer's permit, Unix seconds. A verifier does not judge it: the statement stays true. */
  exp: z.int(),
  /** The operator's release key, as in `kid`. */
  signer: z.string(),
  authority: z.literal('self'),
  order: z.uuid(),
  /** SHA-256 of the bytes of `manifest.json`. */
  manifest: Sha256Hex,
  /** Hash of the de-identification policy. */
  policy: Sha256Hex,
});

/** What the operator's release key says about one package. */
export type ReleaseClaims = z.infer<typeof ReleaseClaims>;

/** Composes `manifest.sig`: the operator's statement over the manifest, in canonical form. */
export function signRelease(
  claims: Omit<ReleaseClaims, 'signer' | 'authority'>,
  publicKey: Uint8Array,
  sign: SignEd25519,
): string {
  const kid = encodeDidKey(publicKey);
  const payload = ReleaseClaims.parse({ ...claims, signer: kid, authority: 'self' });
  return statementText(signStatement({ typ: RELEASE_STATEMENT, kid, payload }, sign));
}

/**
 * Reads and checks `manifest.sig`. Throws a StatementError when form, type or signature do not hold, and a TypeError
 * when the text is not the canonical one or a claim is missing.
 */
export function readRelease(text: string, verify: VerifyEd25519): { claims: ReleaseClaims; releaseKey: string } {
  const statement = verifyStatement(text, RELEASE_STATEMENT, verify);
  if (statementText(statement) !== text) throw new TypeError('the statement is not in its canonical form');
  const claims = ReleaseClaims.safeParse(statement.payload);
  if (!claims.success || claims.data.signer !== statement.kid) {
    throw new TypeError('the statement lacks a claim of a release');
  }
  return { claims: claims.data, releaseKey: statement.kid };
}
