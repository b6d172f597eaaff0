import { hex, openStatement, type PasskeyChecks, type Sha256, type Statement, type VerifyEd25519 } from '@aceso/kernel';
import { IdentityError } from './identity.errors';
import type { CommonClaims } from './claims';
import type { StatementKind } from './statement-kind';

/** How far a signer's clock may run ahead of ours, in seconds. */
export const CLOCK_SKEW_SECONDS = 60;

/** What a statement is judged against. */
export interface StatementContext {
  /** The ledger's origin: the only `aud` that counts here. */
  readonly audience: string;
  readonly verify: VerifyEd25519;
  readonly sha256: Sha256;
  /** What passkeys are judged with; without it none of them signs anything here. */
  readonly passkeys?: PasskeyChecks;
}

/** A statement whose form, kind, signature and claims hold by themselves; time, key and chain are judged apart. */
export interface CheckedStatement<Claims extends CommonClaims> {
  readonly statement: Statement;
  readonly claims: Claims;
  /** Lower-case hexadecimal, as other statements name it. */
  readonly digest: string;
}

/**
 * Checks everything about a statement that does not change with time: form, `typ`, `alg`, signature, claims, signer,
 * authority and audience. Throws a StatementError of the kernel, CLAIMS_INVALID, SIGNER_MISMATCH, AUTHORITY_UNSUPPORTED or
 * AUDIENCE_MISMATCH.
 */
export function checkStatement<Claims extends CommonClaims>(
  text: string,
  kind: StatementKind<Claims>,
  context: StatementContext,
): CheckedStatement<Claims> {
  const { statement, signed, proof } = openStatement(text, kind.typ, context.verify, context.passkeys);
  const parsed = kind.claims.safeParse(statement.payload);
  if (!parsed.success) {
    const members = parsed.error.issues.map((issue) => issue.path.join('.') || 'payload').slice(0, 5);
    throw new IdentityError(
      'CLAIMS_INVALID',
      `claims are missing, unknown or of the wrong form: ${members.join(', ')}`,
    );
  }
  const claims = parsed.data;
  if (claims.signer !== statement.kid) {
    throw new IdentityError('SIGNER_MISMATCH', 'the signer claim names another key than kid');
  }
  if (claims.authority !== 'self' && !(kind.guarded && typeof claims.authority === 'object')) {
    throw new IdentityError('AUTHORITY_UNSUPPORTED', 'this kind knows only the authority "self"');
  }
  if (claims.aud !== context.audience) {
    throw new IdentityError('AUDIENCE_MISMATCH', 'the statement was made for another ledger');
  }
  return { statement, claims, digest: hex.encode(context.sha256(signed, proof)) };
}

/**
 * Checks that a statement may be handed in at `atMilliseconds`: not from the future, not expired, not longer valid than
 * its kind allows. Throws ISSUED_IN_FUTURE, LIFETIME_TOO_LONG or STATEMENT_EXPIRED.
 */
export function checkTime(
  claims: Pick<CommonClaims, 'iat' | 'exp'>,
  kind: Pick<StatementKind, 'lifetimeSecondsMax'>,
  atMilliseconds: number,
): void {
  const at = Math.floor(atMilliseconds / 1000);
  if (claims.iat > at + CLOCK_SKEW_SECONDS) {
    throw new IdentityError('ISSUED_IN_FUTURE', `iat lies more than ${CLOCK_SKEW_SECONDS} seconds ahead`);
  }
  if (claims.exp <= claims.iat || claims.exp - claims.iat > kind.lifetimeSecondsMax) {
    throw new IdentityError('LIFETIME_TOO_LONG', `exp follows iat by 1 to ${kind.lifetimeSecondsMax} seconds`);
  }
  if (claims.exp <= at) throw new IdentityError('STATEMENT_EXPIRED', 'exp has passed');
}
