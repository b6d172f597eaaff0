import { fromUtf8, utf8 } from './bytes';
import { canonicalJson, type Json } from './canonical-json';
import type { Sha256, SignEd25519, VerifyEd25519 } from './cryptography';
import { base64url, decodeDidKey } from './encoding';
import { DomainError } from './error';

/**
 * What a party signs: one envelope for every kind of statement. `proof` is the base64url Ed25519 signature over the
 * canonical JSON (RFC 8785) of `{typ, alg, kid, payload}`. The kind (`typ`) is inside what is signed, so a login can
 * never be read as a consent; `kid` is the signer's did:key and no other key is looked at.
 */
export interface Statement<Typ extends string = string, Payload = { readonly [claim: string]: Json | undefined }> {
  readonly typ: Typ;
  readonly alg: 'Ed25519';
  readonly kid: string;
  readonly payload: Payload;
  readonly proof: string;
}

export type StatementErrorCode = 'STATEMENT_MALFORMED' | 'STATEMENT_TYPE_MISMATCH' | 'SIGNATURE_INVALID';

export class StatementError extends DomainError<StatementErrorCode> {}

/** Longest accepted statement, in bytes of its JSON text as UTF-8. */
export const STATEMENT_BYTES_MAX = 16_384;

/** The bytes that the signature covers. */
export function statementBytes(
  statement: Pick<Statement<string, unknown>, 'typ' | 'alg' | 'kid' | 'payload'>,
): Uint8Array {
  const { typ, alg, kid, payload } = statement;
  return utf8(canonicalJson({ alg, kid, payload, typ }));
}

/** Names a statement in other statements (`prev`, hashes of binding, terms, grant): SHA-256 over {@link statementBytes} ‖ proof. */
export function statementDigest(statement: Statement<string, unknown>, sha256: Sha256): Uint8Array {
  return sha256(statementBytes(statement), base64url.decode(statement.proof));
}

/** Composes and signs a statement with the key that `kid` names. */
export function signStatement<Typ extends string, Payload>(
  content: { readonly typ: Typ; readonly kid: string; readonly payload: Payload },
  sign: SignEd25519,
): Statement<Typ, Payload> {
  const unsigned = { typ: content.typ, alg: 'Ed25519', kid: content.kid, payload: content.payload } as const;
  return { ...unsigned, proof: base64url.encode(sign(statementBytes(unsigned))) };
}

/**
 * Parses a statement that is stored or was sent as JSON text and checks form, kind and signature. Claims are not
 * judged here. Throws STATEMENT_MALFORMED, STATEMENT_TYPE_MISMATCH or SIGNATURE_INVALID.
 */
export function verifyStatement<Typ extends string>(text: string, typ: Typ, verify: VerifyEd25519): Statement<Typ> {
  const statement = parseStatement(text);
  if (statement.typ !== typ) {
    throw new StatementError('STATEMENT_TYPE_MISMATCH', `expected a statement of type ${typ}`);
  }
  if (!proofHolds(statement, verify)) {
    throw new StatementError('SIGNATURE_INVALID', 'the proof does not match typ, alg, kid and payload');
  }
  return statement as Statement<Typ>;
}

function parseStatement(text: string): Statement {
  // No text has fewer bytes than UTF-16 units: a long one is refused before it is encoded.
  if (text.length > STATEMENT_BYTES_MAX || utf8(text).length > STATEMENT_BYTES_MAX) {
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
      'expected exactly typ, alg "Ed25519", kid (did:key), payload (object) and proof',
    );
  }
  return value;
}

const MEMBERS = ['alg', 'kid', 'payload', 'proof', 'typ'];

function isEnvelope(value: unknown): value is Statement {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).sort().join() !== MEMBERS.join()) return false;
  const { typ, alg, kid, payload, proof } = value as Record<string, unknown>;
  return (
    typeof typ === 'string' &&
    alg === 'Ed25519' &&
    typeof kid === 'string' &&
    typeof proof === 'string' &&
    typeof payload === 'object' &&
    payload !== null &&
    !Array.isArray(payload)
  );
}

function proofHolds(statement: Statement, verify: VerifyEd25519): boolean {
  try {
    const signature = base64url.decode(statement.proof);
    return signature.length === 64 && verify(decodeDidKey(statement.kid), statementBytes(statement), signature);
  } catch {
    return false; // a kid or proof that does not decode proves nothing
  }
}

/** The statement as it is stored and shown: canonical JSON of the whole envelope. */
export function statementText(statement: Statement<string, unknown>): string {
  return fromUtf8(utf8(canonicalJson(statement)));
}
