import { z } from 'zod';
import {
  base64url,
  DomainError,
  readAuthenticatorData,
  statementText,
  type KeyKind,
  type Statement,
} from '@aceso/kernel';
import { checkStatement, checkTime, type CheckedStatement, type StatementContext } from './check-statement';
import { chainedClaims, didClaim, freeClaims, secondsClaim, type CommonClaims } from './claims';
import { IdentityError } from './identity.errors';
import { ROLES } from './role';
import { DAY_SECONDS } from './statement-kind';

/** Live keys of one party, at most: a person's devices with some to spare. The database holds to it as well. */
export const LIVE_KEYS_MAX = 8;
/** Keys of one party in all, revoked ones included: each is looked at wherever a signature of the party is judged. */
export const KEYS_MAX = 256;

/** Says that whoever adds a key has it: signed by the new key, and for the one party that `addedBy` is a key of. */
export const KEY_POSSESSION = {
  typ: 'aceso/key-possession/v1',
  signers: ROLES,
  lifetimeSecondsMax: DAY_SECONDS,
  claims: freeClaims({ addedBy: didClaim }),
} as const;

/** Gives the party of the signing key another key. `possession` is a whole {@link KEY_POSSESSION} of the new one. */
export const KEY_ADDITION = {
  typ: 'aceso/key-addition/v1',
  signers: ROLES,
  lifetimeSecondsMax: DAY_SECONDS,
  chained: true,
  claims: chainedClaims({ key: didClaim, possession: z.record(z.string(), z.unknown()) }),
} as const;

/** Ends a key of the signer's party. `since`: from when on it may have been in other hands, in seconds. */
export const KEY_REVOCATION = {
  typ: 'aceso/key-revocation/v1',
  signers: ROLES,
  whileStopped: true,
  lifetimeSecondsMax: DAY_SECONDS,
  chained: true,
  claims: chainedClaims({ key: didClaim, since: secondsClaim.optional() }),
} as const;

export type KeyPossessionClaims = z.infer<typeof KEY_POSSESSION.claims>;
export type KeyAdditionClaims = z.infer<typeof KEY_ADDITION.claims>;
export type KeyRevocationClaims = z.infer<typeof KEY_REVOCATION.claims>;

/** A key as it comes in: how it signs, and the counter that a passkey showed. */
export interface NewKey {
  readonly did: string;
  readonly kind: KeyKind;
  readonly signatureCounter: number;
}

/**
 * The key that an addition brings, proven by the statement inside it at `atMilliseconds`. Throws KEY_NOT_PROVEN, with what
 * is wrong with the proof in its message.
 */
export function provenKey(claims: KeyAdditionClaims, context: StatementContext, atMilliseconds: number): NewKey {
  const possession = readPossession(claims, context, atMilliseconds);
  if (possession.statement.kid !== claims.key) throw notProven('it is signed by another key than the one to add');
  if (possession.claims.addedBy !== claims.signer) throw notProven('it was made to be added by another key');
  return keyOf(possession);
}

/** The key that signed a statement. */
export function keyOf({ statement }: CheckedStatement<CommonClaims>): NewKey {
  return { did: statement.kid, kind: statement.alg, signatureCounter: signatureCounter(statement) };
}

/** Signatures that the signing passkey says it made; 0 for keys that do not count, and for keys that are no passkeys. */
export function signatureCounter(statement: Statement): number {
  if (statement.alg === 'Ed25519') return 0;
  return readAuthenticatorData(base64url.decode(statement.proof.authenticatorData))?.signatureCounter ?? 0;
}

function readPossession(
  { possession }: KeyAdditionClaims,
  context: StatementContext,
  at: number,
): CheckedStatement<KeyPossessionClaims> {
  try {
    const checked = checkStatement(statementText(possession as unknown as Statement), KEY_POSSESSION, context);
    checkTime(checked.claims, KEY_POSSESSION, at);
    return checked;
  } catch (error) {
    if (error instanceof DomainError) throw notProven(`${String(error.code)}, ${error.message}`, error);
    throw error;
  }
}

function notProven(why: string, cause?: Error): IdentityError {
  return new IdentityError('KEY_NOT_PROVEN', `the proof that the new key is at hand does not hold: ${why}`, { cause });
}
