import { signStatement, type KeyKind, type SignEd25519, type Statement, type UnsignedStatement } from '@aceso/kernel';
import type { CommonClaims, GuardianAuthority } from './claims';
import type { StatementKind } from './statement-kind';

/** What a client brings to every statement it composes. */
export interface Composer {
  readonly did: string;
  readonly sign: SignEd25519;
  /** The ledger's origin, which the client knows from its own configuration. */
  readonly audience: string;
  /** Whom a guardian acts for; absent for oneself. */
  readonly authority?: GuardianAuthority;
}

/** What differs from one statement to the next. */
export interface Issue {
  readonly jti: string;
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly iat: number;
  readonly exp: number;
}

/** Composes one's own statement, or that of a ward, for a key of any kind: what is left is to make its proof. */
export function composeUnsigned<Claims extends CommonClaims>(
  kind: StatementKind<Claims>,
  { did, alg, audience, authority }: Pick<Composer, 'did' | 'audience' | 'authority'> & { readonly alg: KeyKind },
  content: Issue & Omit<Claims, keyof CommonClaims>,
): UnsignedStatement<string, Claims> {
  const payload = { ...content, aud: audience, signer: did, authority: authority ?? 'self' } as unknown as Claims;
  return { typ: kind.typ, alg, kid: did, payload };
}

/** Composes and signs one's own statement: clients do this, a server never makes bytes for others to sign. */
export function composeStatement<Claims extends CommonClaims>(
  kind: StatementKind<Claims>,
  composer: Composer,
  content: Issue & Omit<Claims, keyof CommonClaims>,
): Statement<string, Claims> {
  return signStatement(composeUnsigned(kind, { ...composer, alg: 'Ed25519' }, content), composer.sign);
}
