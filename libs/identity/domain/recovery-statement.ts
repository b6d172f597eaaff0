import { z } from 'zod';
import { chainedClaims, didClaim, digestClaim, freeClaims, uuidClaim } from './claims';
import { DAY_SECONDS } from './statement-kind';

/** How somebody is identified who lost every key: in presence or by a document, never from afar. */
export const RECOVERY_EVIDENCE = ['in-person', 'document'] as const;

/** Recoveries of one party that wait at the same time, at most. */
export const RECOVERIES_PENDING_MAX = 4;

/** Says that whoever has the key is the person that a source record is bound to. */
export const RECOVERY_ATTESTATION = {
  typ: 'aceso/recovery-attestation/v1',
  signers: ['provider', 'officer'],
  lifetimeSecondsMax: 30 * DAY_SECONDS,
  claims: freeClaims({ sourceRecord: uuidClaim, key: didClaim, evidence: z.enum(RECOVERY_EVIDENCE) }),
} as const;

/**
 * Asks for a key of the attested person, signed by the new key, which belongs to nobody yet. `exp` ends the time in which
 * it can be finished. `revokeOthers`: whether the other keys of the person end when it is.
 */
export const RECOVERY = {
  typ: 'aceso/recovery/v1',
  signers: ['patient'],
  lifetimeSecondsMax: 90 * DAY_SECONDS,
  claims: freeClaims({ attestation: digestClaim, revokeOthers: z.boolean() }),
} as const;

/** Ends a recovery for good. Signed by a key that the person had before. */
export const RECOVERY_VETO = {
  typ: 'aceso/recovery-veto/v1',
  signers: ['patient'],
  lifetimeSecondsMax: DAY_SECONDS,
  chained: true,
  claims: chainedClaims({ recovery: digestClaim }),
} as const;

export type RecoveryAttestationClaims = z.infer<typeof RECOVERY_ATTESTATION.claims>;
export type RecoveryClaims = z.infer<typeof RECOVERY.claims>;
export type RecoveryVetoClaims = z.infer<typeof RECOVERY_VETO.claims>;
