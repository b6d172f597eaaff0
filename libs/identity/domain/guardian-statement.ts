import { z } from 'zod';
import { chainedClaims, digestClaim, freeClaims, GUARDIAN_SCOPES, secondsClaim, uuidClaim } from './claims';
import { DAY_SECONDS, EVIDENCE_LEVELS } from './statement-kind';

/** Why somebody decides for another: parent of a minor, named by a court, named by the person itself while it could. */
export const GUARDIAN_KINDS = ['parent', 'court', 'proxy'] as const;

export type GuardianKind = (typeof GUARDIAN_KINDS)[number];

/**
 * Says that the party `guardian` acts for the party `ward` until `until`. A provider says it of the patient of a source record that it
 * holds, and alone only of a `parent`; an officer may say it too. Every other appointment an officer confirms, who did not make it.
 * `document` is the SHA-256 of the paper that proves it.
 */
export const GUARDIAN_APPOINTMENT = {
  typ: 'aceso/guardian-appointment/v1',
  signers: ['provider', 'officer'],
  lifetimeSecondsMax: DAY_SECONDS,
  claims: freeClaims({
    ward: uuidClaim,
    guardian: uuidClaim,
    sourceRecord: uuidClaim,
    kind: z.enum(GUARDIAN_KINDS),
    scope: z.enum(GUARDIAN_SCOPES),
    evidence: z.enum(EVIDENCE_LEVELS),
    document: digestClaim,
    until: secondsClaim,
  }),
} as const;

/**
 * Says that the party `guardian` acts for the signer until `until`: a proxy of its own choice, as long as it is of age. The signature is
 * the evidence.
 */
export const PROXY_APPOINTMENT = {
  typ: 'aceso/proxy-appointment/v1',
  signers: ['patient'],
  lifetimeSecondsMax: DAY_SECONDS,
  chained: true,
  claims: chainedClaims({ guardian: uuidClaim, scope: z.enum(GUARDIAN_SCOPES), until: secondsClaim }),
} as const;

/** An officer's word for an appointment by another officer, or by a provider of whoever is no parent. */
export const GUARDIAN_CONFIRMATION = {
  typ: 'aceso/guardian-confirmation/v1',
  signers: ['officer'],
  lifetimeSecondsMax: DAY_SECONDS,
  claims: freeClaims({ appointment: digestClaim }),
} as const;

/** Ends an appointment: by whoever made it, by the guardian, by any officer, or by the ward of a proxy. */
export const GUARDIAN_END = {
  typ: 'aceso/guardian-end/v1',
  signers: ['provider', 'officer', 'patient'],
  lifetimeSecondsMax: DAY_SECONDS,
  claims: freeClaims({ appointment: digestClaim }),
} as const;

export type GuardianAppointmentClaims = z.infer<typeof GUARDIAN_APPOINTMENT.claims>;
export type GuardianConfirmationClaims = z.infer<typeof GUARDIAN_CONFIRMATION.claims>;
export type GuardianEndClaims = z.infer<typeof GUARDIAN_END.claims>;
