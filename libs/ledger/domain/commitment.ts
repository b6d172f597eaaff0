import { assert, bytesEqual, canonicalJson, u64, utf8, type HmacSha256, type Json, type Sha256 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';

export const SALT_BYTES = 32;
/** Longest payload, in bytes: it is one act, not a document. */
export const PAYLOAD_BYTES_MAX = 65_535;

const COMMIT_DOMAIN = utf8('aceso/commit/v1\0');
const SUBJECT_DOMAIN = utf8('aceso/subject/v1\0');

/** What is inside a commitment: at least which act it was and when (RFC 3339). */
export interface EntryPayload {
  readonly code: string;
  readonly at: string;
  readonly [name: string]: Json | undefined;
}

/** What turns a commitment into words. It is erasable: without the salt the commitment says nothing. */
export interface Opening {
  readonly salt: Uint8Array;
  /** Canonical JSON (RFC 8785) of an {@link EntryPayload}. */
  readonly payload: string;
}

/** Canonical JSON of a payload. Throws LEDGER_ENTRY_TOO_LARGE. */
export function encodePayload(payload: EntryPayload): string {
  const text = canonicalJson(payload);
  if (utf8(text).length > PAYLOAD_BYTES_MAX) {
    throw new LedgerError('LEDGER_ENTRY_TOO_LARGE', `the payload of an entry has at most ${PAYLOAD_BYTES_MAX} bytes`);
  }
  return text;
}

/** 12.1: SHA-256("aceso/commit/v1\0" || salt 32 || length u64 || payload). */
export function commitmentOf({ salt, payload }: Opening, sha256: Sha256): Uint8Array {
  assert(salt.length === SALT_BYTES, 'a salt has 32 bytes');
  const bytes = utf8(payload);
  return sha256(COMMIT_DOMAIN, salt, u64(bytes.length), bytes);
}

/** Throws OPENING_WRONG unless the opening is what was committed to. */
export function verifyOpening(opening: Opening, commitment: Uint8Array, sha256: Sha256): void {
  if (opening.salt.length !== SALT_BYTES || !bytesEqual(commitmentOf(opening, sha256), commitment)) {
    throw new LedgerError('OPENING_WRONG', 'the opening does not give the commitment');
  }
}

/**
 * 12.1: HMAC-SHA256(subject_key, "aceso/subject/v1\0" || nonce). Only the holder of the subject key can tell that two
 * entries concern the same person.
 */
export function subjectTag(subjectKey: Uint8Array, nonce: Uint8Array, hmacSha256: HmacSha256): Uint8Array {
  return hmacSha256(subjectKey, SUBJECT_DOMAIN, nonce);
}
