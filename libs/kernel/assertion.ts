import { bytesEqual, concat, fromUtf8, utf8 } from './bytes';
import type { Sha256, VerifyEd25519, VerifyP256 } from './cryptography';
import { base64url, type DidPublicKey } from './encoding';

/**
 * What a passkey gives instead of a plain signature, as the browser handed it out: each member base64url of the raw bytes
 * (Web Authentication Level 3, section 5.2.2). It is stored so, and whoever has it verifies it again without the server.
 */
export interface AssertionProof {
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

/** For whom a passkey may sign: the domain that its key belongs to, and the pages that may ask it. */
export interface RelyingParty {
  /** RP ID: a domain, `example.org` (Web Authentication Level 3, section 4). */
  readonly id: string;
  /** Origins with scheme, `https://aceso.example.org`. */
  readonly origins: readonly string[];
}

/** What assertions are judged with, beside the verification of Ed25519. */
export interface PasskeyChecks {
  readonly relyingParty: RelyingParty;
  readonly sha256: Sha256;
  readonly verifyP256: VerifyP256;
}

/** The first thing that is wrong with an assertion, in the order in which they are looked at. */
export type AssertionFault =
  | 'malformed'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'cross-origin'
  | 'relying-party'
  | 'user-absent'
  | 'user-unverified'
  | 'signature';

/** What an authenticator says of itself and of the person before it (Web Authentication Level 3, section 6.1). */
export interface AuthenticatorData {
  readonly rpIdHash: Uint8Array;
  /** Somebody touched it (UP). */
  readonly userPresent: boolean;
  /** It recognised its owner, by PIN or body (UV). */
  readonly userVerified: boolean;
  /** The key is copied to a provider's cloud now (BS). */
  readonly backedUp: boolean;
  /** Signatures that it made so far; 0 from those that do not count. */
  readonly signatureCounter: number;
}

/** Longest accepted parts, in bytes: some extensions and a long origin fit; a P-256 signature in DER has 72 at most. */
export const AUTHENTICATOR_DATA_BYTES_MAX = 1024;
export const CLIENT_DATA_BYTES_MAX = 2048;
export const ASSERTION_SIGNATURE_BYTES_MAX = 72;

const FIXED_BYTES = 37;
const FLAG = {
  userPresent: 0x01,
  userVerified: 0x04,
  mayBackUp: 0x08,
  backedUp: 0x10,
  credential: 0x40,
  extension: 0x80,
};

/**
 * Reads authenticator data: rpIdHash (32) ‖ flags (1) ‖ counter (4, big-endian) ‖ extensions. Null when it is not what
 * an assertion carries: too short, with a credential (that belongs to registrations), with bytes that no flag announces, or
 * backed up without being able to.
 */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData | null {
  if (bytes.length < FIXED_BYTES || bytes.length > AUTHENTICATOR_DATA_BYTES_MAX) return null;
  const flags = bytes[32] as number;
  const is = (flag: number) => (flags & flag) !== 0;
  if (is(FLAG.credential) || is(FLAG.extension) !== bytes.length > FIXED_BYTES) return null;
  if (is(FLAG.backedUp) && !is(FLAG.mayBackUp)) return null;
  return {
    rpIdHash: bytes.slice(0, 32),
    userPresent: is(FLAG.userPresent),
    userVerified: is(FLAG.userVerified),
    backedUp: is(FLAG.backedUp),
    signatureCounter: new DataView(bytes.buffer, bytes.byteOffset).getUint32(33),
  };
}

/**
 * The first fault of an assertion over `challenge`; null when it holds. Web Authentication Level 3, section 7.2, steps 11 to
 * 22, with user verification required and no framing by other sites. The counter is for the caller to record: keys
 * that are copied between devices do not count, so a counter proves no copy.
 */
export function assertionFault(
  proof: AssertionProof,
  signed: { readonly challenge: Uint8Array; readonly key: DidPublicKey },
  checks: PasskeyChecks & { readonly verifyEd25519: VerifyEd25519 },
): AssertionFault | null {
  const raw = decodeProof(proof);
  if (!raw) return 'malformed';
  const data = readAuthenticatorData(raw.authenticatorData);
  const client = readClientData(raw.clientData);
  if (!data || !client) return 'malformed';
  if (client.type !== 'webauthn.get') return 'type';
  if (client.challenge !== base64url.encode(signed.challenge)) return 'challenge';
  if (!checks.relyingParty.origins.includes(client.origin)) return 'origin';
  if (client.framed) return 'cross-origin';
  if (!bytesEqual(data.rpIdHash, checks.sha256(utf8(checks.relyingParty.id)))) return 'relying-party';
  if (!data.userPresent) return 'user-absent';
  if (!data.userVerified) return 'user-unverified';
  const { type, publicKey } = signed.key;
  const verify = type === 'P-256' ? checks.verifyP256 : checks.verifyEd25519;
  const message = concat(raw.authenticatorData, checks.sha256(raw.clientData));
  return verify(publicKey, message, raw.signature) ? null : 'signature';
}

interface ClientData {
  readonly type: string;
  readonly challenge: string;
  readonly origin: string;
  /** Asked from a frame in a page of another site. */
  readonly framed: boolean;
}

/** Section 5.8.1: members that we do not know are left alone, since browsers add some on purpose. */
function readClientData(bytes: Uint8Array): ClientData | null {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { type, challenge, origin, crossOrigin, topOrigin } = value as Record<string, unknown>;
  if (typeof type !== 'string' || typeof challenge !== 'string' || typeof origin !== 'string') return null;
  if (crossOrigin !== undefined && typeof crossOrigin !== 'boolean') return null;
  return { type, challenge, origin, framed: crossOrigin === true || topOrigin !== undefined };
}

function decodeProof(
  proof: AssertionProof,
): { authenticatorData: Uint8Array; clientData: Uint8Array; signature: Uint8Array } | null {
  try {
    const clientData = base64url.decode(proof.clientDataJSON);
    const signature = base64url.decode(proof.signature);
    if (clientData.length > CLIENT_DATA_BYTES_MAX || signature.length > ASSERTION_SIGNATURE_BYTES_MAX) return null;
    return { authenticatorData: base64url.decode(proof.authenticatorData), clientData, signature };
  } catch {
    return null;
  }
}
