import { KEY_KINDS, STATEMENT_BYTES_MAX } from '@aceso/kernel';
import { digestClaim, uuidClaim } from '@aceso/identity/domain';
import { z } from 'zod';
import { GRANT_RECORDS_MAX } from './statement-kind';

/** Longest bundle that is read, in characters: 64 bindings of two statements each, the content and some receipts. */
export const BUNDLE_LENGTH_MAX = 8 * 1024 * 1024;
export const BUNDLE_RECEIPTS_MAX = 8;
/** Appointments of guardians: of the consent, of its revocation and of the bindings. */
export const BUNDLE_GUARDIANS_MAX = GRANT_RECORDS_MAX + 2;
const CONTENT_LENGTH_MAX = 262_144;
const RECEIPT_LENGTH_MAX = 262_144;

const milliseconds = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

/** Keys, and between which times what each signed counts, as the instance says. */
const keys = z
  .array(
    z.strictObject({
      did: z.string().max(255),
      kind: z.enum(KEY_KINDS),
      addedAt: milliseconds,
      until: milliseconds.nullable(),
    }),
  )
  .min(1)
  .max(256);

const statementText = z.string().max(STATEMENT_BYTES_MAX);

/** On which side of majority the ward is; nobody learns when it was born. */
const age = z.enum(['minor', 'adult', 'unsure']);

/** An appointment by which a guardian signed. What is not signed in it is the instance's word, as keys and times are. */
const guardian = z.strictObject({
  appointment: statementText,
  appointedAt: milliseconds,
  appointer: z.strictObject({ party: uuidClaim, role: z.enum(['provider', 'officer', 'patient']), keys }),
  /** A second officer's half, where an officer appointed. */
  confirmation: z.strictObject({ statement: statementText, acceptedAt: milliseconds, keys }).nullable(),
  /** When somebody ended it before its date; null while nobody did. */
  endedAt: milliseconds.nullable(),
  guardian: z.strictObject({ party: uuidClaim, keys }),
  ward: uuidClaim,
  /** Whether the record that the appointing provider named is bound to the ward. */
  recordBound: z.boolean(),
  ageAtSigning: age,
  /** When the bundle was made. */
  ageNow: age,
  deceased: z.boolean(),
});

/**
 * Everything that somebody without access to the instance needs to judge one consent: the signed statements as they are stored, the
 * content that they agree to, and receipts. Keys, times of acceptance (milliseconds) and the relying party are what the instance says.
 */
export const CONSENT_BUNDLE = z.strictObject({
  format: z.literal('aceso/consent-bundle/v1'),
  /** The ledger's origin, as every statement names it. */
  origin: z.string().min(1).max(255),
  /** Where passkeys of its parties count (Web Authentication). */
  relyingParty: z.strictObject({ id: z.string().max(255), origins: z.array(z.string().max(2048)).max(64) }),
  consent: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('grant'), statement: statementText, acceptedAt: milliseconds }),
    z.strictObject({
      kind: z.literal('terms'),
      statement: statementText,
      acceptedAt: milliseconds,
      /** What the instance answered with them, canonical JSON. */
      answer: z.string().max(STATEMENT_BYTES_MAX),
      /** Digest of the person's newest standing terms, as the instance says. */
      newestTerms: digestClaim.nullable(),
    }),
  ]),
  request: z.strictObject({ id: uuidClaim, version: z.int().min(1) }),
  /** Canonical JSON of the request's content. */
  content: z.string().max(CONTENT_LENGTH_MAX),
  patientKeys: keys,
  bindings: z
    .array(
      z.strictObject({
        sourceRecord: uuidClaim,
        attestation: statementText,
        attestedAt: milliseconds,
        binding: statementText,
        boundAt: milliseconds,
        providerKeys: keys,
      }),
    )
    .max(GRANT_RECORDS_MAX),
  revocation: statementText.nullable(),
  /** What appointed the guardians who signed here; absent where the person signed everything. */
  guardians: z.array(guardian).max(BUNDLE_GUARDIANS_MAX).optional(),
  /** Texts of .tlog-proof files that carry entry and opening. */
  receipts: z.array(z.string().max(RECEIPT_LENGTH_MAX)).max(BUNDLE_RECEIPTS_MAX),
});

export type ConsentBundle = z.infer<typeof CONSENT_BUNDLE>;
