import { z } from 'zod';
import { isUuid, parseDidKey } from '@aceso/kernel';

/** A lower-case UUID (RFC 9562 section 4). */
export const uuidClaim = z.string().refine(isUuid, 'a lower-case UUID');

/** A SHA-256 digest in lower-case hexadecimal. */
export const digestClaim = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits');

/** Seconds since 1970-01-01T00:00:00Z, whole. */
export const secondsClaim = z.int().min(0).max(253_402_300_799);

/** The did:key of an Ed25519 or P-256 key. */
export const didClaim = z.string().refine(isDidKey, 'a did:key of an Ed25519 or P-256 key');

function isDidKey(value: string): boolean {
  try {
    parseDidKey(value);
    return true;
  } catch {
    return false;
  }
}

/** What a guardian may: read, decide on research, or both; rules, which are about reading and research, ask for both. */
export const GUARDIAN_SCOPES = ['read', 'research', 'both'] as const;

export type GuardianScope = (typeof GUARDIAN_SCOPES)[number];

/** `authority` of a guardian: the ward's party, and the digest of the appointment. */
const guardianAuthority = z.strictObject({ guardianFor: uuidClaim, evidence: digestClaim });

export type GuardianAuthority = z.infer<typeof guardianAuthority>;

/**
 * What every statement says (privacy-and-keys 4): `aud` binds it to one ledger, so that it cannot be replayed on another
 * instance; `authority` says on whose behalf the signer acts: `self`, or a guardian's ward with the appointment that proves it.
 */
const COMMON = {
  jti: uuidClaim,
  aud: z.string().min(1).max(255),
  iat: secondsClaim,
  exp: secondsClaim,
  signer: didClaim,
  authority: z.union([z.string().max(64), guardianAuthority]),
};

/** Claims of statements that change what is permitted: a dropped or revived one breaks the chain. */
const CHAIN = {
  seq: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  prev: digestClaim.nullable(),
};

export type CommonClaims = z.infer<z.ZodObject<typeof COMMON>>;
export type ChainClaims = z.infer<z.ZodObject<typeof CHAIN>>;

/** Claims of a statement outside the chain: the common ones and those given; anything else in the payload is refused. */
export function freeClaims<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({ ...COMMON, ...shape });
}

/** Claims of a statement in its party's chain: those of {@link freeClaims} with `seq` and `prev`. */
export function chainedClaims<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject({ ...COMMON, ...CHAIN, ...shape });
}
