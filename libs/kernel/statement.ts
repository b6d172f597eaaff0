import { assertionFault, type AssertionFault, type AssertionProof, type PasskeyChecks } from './assertion';
import { fromUtf8, utf8 } from './bytes';
import { canonicalJson, type Json } from './canonical-json';
import type { Sha256, SignEd25519, VerifyEd25519 } from './cryptography';
import { base64url, parseDidKey, type DidPublicKey } from './encoding';
import { DomainError } from './error';

/**
 * Kinds of keys, and `alg` of what they sign. `Ed25519` keys sign a statement's bytes; the others are passkeys, which sign
 * an assertion whose challenge is the hash of these bytes: with ECDSA on P-256 (COSE -7) or with Ed25519 (COSE -8).
 */
export const KEY_KINDS = ['Ed25519', 'WebAuthn-ES256', 'WebAuthn-EdDSA'] as const;

export type KeyKind = (typeof KEY_KINDS)[number];

/** The type of public key that each kind has: `alg` and `kid` have to agree. */
const KEY_TYPES: Record<KeyKind, DidPublicKey['type']> = {
  Ed25519: 'Ed25519',
  'WebAuthn-ES256': 'P-256',
  'WebAuthn-EdDSA': 'Ed25519',
};

/**
 * What a party signs: one envelope for every kind of statement. `proof` is made over the canonical JSON (RFC 8785) of `{typ,
 * alg, kid, payload}`. The kind (`typ`) is inside what is signed, so a login can never be read as a consent; `kid` is the
 * signer's did:key and no other key is looked at.
 */
export type Statement<
  Typ extends string = string,
  Payload = { readonly [claim: string]: Json | undefined },
> = UnsignedStatement<Typ, Payload> &
  (
    | { readonly alg: 'Ed25519'; /** Signature of 64 bytes, base64url. */ readonly proof: string }
    | { readonly alg: Exclude<KeyKind, 'Ed25519'>; readonly proof: AssertionProof }
  );

/** A statement before it is signed. */
export interface UnsignedStatement<Typ extends string = string, Payload = unknown> {
  readonly typ: Typ;
  readonly alg: KeyKind;
  readonly kid: string;
  readonly payload: Payload;
}

export type StatementErrorCode =
  'STATEMENT_MALFORMED' | 'STATEMENT_TYPE_MISMATCH' | 'SIGNATURE_INVALID' | 'ASSERTION_INVALID' | 'PASSKEY_UNSUPPORTED';

export class StatementError extends DomainError<StatementErrorCode> {}

/** Longest accepted statement, in bytes of its JSON text as UTF-8. */
export const STATEMENT_BYTES_MAX = 16_384;

/** The bytes that the proof covers. */
export function statementBytes(statement: UnsignedStatement): Uint8Array {
  const { typ, alg, kid, payload } = statement;
  return utf8(canonicalJson({ alg, kid, payload, typ }));
}

/** The challenge that a passkey signs for a statement: SHA-256 of {@link statementBytes}, 32 bytes. */
export function statementChallenge(statement: UnsignedStatement, sha256: Sha256): Uint8Array {
  return sha256(statementBytes(statement));
}

/**
 * Names a statement in other statements (`prev`, hashes of binding, terms, grant): SHA-256 over {@link statementBytes} ‖
 * proof, which is the 64 bytes of a signature, or the canonical JSON of an assertion.
 */
export function statementDigest(statement: Statement<string, unknown>, sha256: Sha256): Uint8Array {
  return sha256(statementBytes(statement), proofBytes(statement));
}

function proofBytes(statement: Statement<string, unknown>): Uint8Array {
  return statement.alg === 'Ed25519' ? base64url.decode(statement.proof) : utf8(canonicalJson(statement.proof));
}

/** Composes and signs a statement with the Ed25519 key that `kid` names. */
export function signStatement<Typ extends string, Payload>(
  content: { readonly typ: Typ; readonly kid: string; readonly payload: Payload },
  sign: SignEd25519,
): Statement<Typ, Payload> {
  const unsigned = { typ: content.typ, alg: 'Ed25519', kid: content.kid, payload: content.payload } as const;
  return { ...unsigned, proof: base64url.encode(sign(statementBytes(unsigned))) };
}

/** A statement whose proof holds, with the bytes that were judged, which also make its digest: they are written out once. */
export interface VerifiedStatement<Typ extends string = string> {
  readonly statement: Statement<Typ>;
  /** {@link statementBytes}, which the proof covers. */
  readonly signed: Uint8Array;
  /** The 64 bytes of a signature, or the canonical JSON of an assertion: `signed` ‖ `proof` is what {@link statementDigest} hashes. */
  readonly proof: Uint8Array;
}

/**
 * Parses a statement that is stored or was sent as JSON text and checks form, kind and proof. Claims are not judged here.
 * Without `passkeys` only plain signatures count. Throws STATEMENT_MALFORMED, STATEMENT_TYPE_MISMATCH, SIGNATURE_INVALID,
 * ASSERTION_INVALID or PASSKEY_UNSUPPORTED.
 */
export function verifyStatement<Typ extends string>(
  text: string,
  typ: Typ,
  verify: VerifyEd25519,
  passkeys?: PasskeyChecks,
): Statement<Typ> {
  return openStatement(text, typ, verify, passkeys).statement;
}

/** The same for whoever needs the digest as well; throws as {@link verifyStatement} does. */
export function openStatement<Typ extends string>(
  text: string,
  typ: Typ,
  verify: VerifyEd25519,
  passkeys?: PasskeyChecks,
): VerifiedStatement<Typ> {
  const statement = parseStatement(text);
  if (statement.typ !== typ) {
    throw new StatementError('STATEMENT_TYPE_MISMATCH', `expected a statement of type ${typ}`);
  }
  const bytes = signedBytes(statement);
  const fault = bytes ? proofFault(statement, bytes, verify, passkeys) : 'signature';
  if (fault === 'signature' || !bytes) {
    throw new StatementError('SIGNATURE_INVALID', 'the proof does not match typ, alg, kid and payload');
  }
  if (fault) throw new StatementError('ASSERTION_INVALID', `the passkey's assertion is refused: ${fault}`);
  return { statement: statement as Statement<Typ>, ...bytes };
}

function parseStatement(text: string): Statement {
  // A text has one to three bytes a UTF-16 unit: only what lies between is encoded to be measured.
  if (
    text.length > STATEMENT_BYTES_MAX ||
    (text.length * 3 > STATEMENT_BYTES_MAX && utf8(text).length > STATEMENT_BYTES_MAX)
  ) {
    throw new StatementError('STATEMENT_MALFORMED', `longer than ${STATEMENT_BYTES_MAX} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new StatementError('STATEMENT_MALFORMED', 'not JSON', { cause });
  }
  if (!isEnvelope(value)) {
    throw new StatementError(
      'STATEMENT_MALFORMED',
      `expected exactly typ, alg (${KEY_KINDS.join(', ')}), kid (did:key), payload (object) and the proof of that alg`,
    );
  }
  return value;
}

const MEMBERS = ['alg', 'kid', 'payload', 'proof', 'typ'];
const PROOF_MEMBERS = ['authenticatorData', 'clientDataJSON', 'signature'];

function isEnvelope(value: unknown): value is Statement {
  if (!isObject(value) || !hasExactly(value, MEMBERS)) return false;
  const { typ, alg, kid, payload, proof } = value;
  if (typeof typ !== 'string' || typeof kid !== 'string' || !isObject(payload)) return false;
  if (alg === 'Ed25519') return typeof proof === 'string';
  return KEY_KINDS.some((kind) => kind === alg) && isAssertion(proof);
}

function isAssertion(value: unknown): value is AssertionProof {
  return (
    isObject(value) &&
    hasExactly(value, PROOF_MEMBERS) &&
    Object.values(value).every((part) => typeof part === 'string')
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasExactly(value: object, members: readonly string[]): boolean {
  const names = Object.keys(value);
  return names.length === members.length && members.every((member) => names.includes(member));
}

type SignedBytes = Pick<VerifiedStatement, 'signed' | 'proof'>;

/** Null for what has no canonical form, or a signature that does not decode. */
function signedBytes(statement: Statement): SignedBytes | null {
  return unlessMalformed(() => ({ signed: statementBytes(statement), proof: proofBytes(statement) }));
}

/** The first fault of the proof; a kid that does not decode, or a key of another type than `alg`, proves nothing. */
function proofFault(
  statement: Statement,
  { signed, proof }: SignedBytes,
  verifyEd25519: VerifyEd25519,
  passkeys: PasskeyChecks | undefined,
): AssertionFault | null {
  const key = unlessMalformed(() => parseDidKey(statement.kid));
  if (!key || key.type !== KEY_TYPES[statement.alg]) return 'signature';
  if (statement.alg === 'Ed25519') {
    return proof.length === 64 && verifyEd25519(key.publicKey, signed, proof) ? null : 'signature';
  }
  if (!passkeys) throw new StatementError('PASSKEY_UNSUPPORTED', 'a passkey does not sign statements of this kind');
  const question = { challenge: passkeys.sha256(signed), key };
  return assertionFault(statement.proof, question, { ...passkeys, verifyEd25519 });
}

function unlessMalformed<Value>(read: () => Value): Value | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The statement as it is stored and shown: canonical JSON of the whole envelope. */
export function statementText(statement: Statement<string, unknown>): string {
  return fromUtf8(utf8(canonicalJson(statement)));
}
