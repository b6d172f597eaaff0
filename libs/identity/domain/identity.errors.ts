import { DomainError } from '@aceso/kernel';
import type { AuthorityFault } from './authority';
import type { RecoveryRefusal } from './recovery';

/** Why a statement is refused before anything about its act is looked at; each is described in docs/reference/statements.md. */
export type StatementRefusal =
  | 'CLAIMS_INVALID'
  | 'SIGNER_MISMATCH'
  | 'AUTHORITY_UNSUPPORTED'
  | AuthorityFault
  | 'AUDIENCE_MISMATCH'
  | 'ISSUED_IN_FUTURE'
  | 'STATEMENT_EXPIRED'
  | 'LIFETIME_TOO_LONG'
  | 'KEY_UNKNOWN'
  | 'KEY_REVOKED'
  | 'KEY_KIND_MISMATCH'
  /** a recovered key permits and takes out nothing before its waiting period is over */
  | 'KEY_RESTRICTED'
  | 'PARTY_NOT_ACTIVE'
  | 'PARTY_ERASED'
  | 'ERASURE_HELD'
  | 'ROLE_NOT_ALLOWED'
  | 'SIGNER_NOT_ACTOR'
  | 'REPLAY_DETECTED'
  | 'SEQUENCE_MISMATCH'
  | 'PREVIOUS_MISMATCH';

export type IdentityErrorCode =
  | StatementRefusal
  | 'KEY_ALREADY_REGISTERED'
  | 'KEY_NOT_PROVEN'
  | 'KEY_LIMIT_REACHED'
  | 'KEY_NOT_OF_PARTY'
  | 'KEY_ALREADY_REVOKED'
  | 'KEY_LAST'
  | 'KEY_SINCE_IN_FUTURE'
  | 'INVITATION_REQUIRED'
  | 'INVITATION_INVALID'
  | 'LOGIN_KEY_MISMATCH'
  | 'LOGIN_NONCE_REFUSED'
  | 'ATTESTATION_UNKNOWN'
  | 'CODE_WRONG'
  | 'CODE_EXPIRED'
  | 'CODE_USED'
  | 'CODE_ATTEMPTS_EXCEEDED'
  | 'SOURCE_RECORD_UNKNOWN'
  | 'SOURCE_RECORD_ALREADY_BOUND'
  | 'SOURCE_RECORD_MISMATCH'
  | 'LINK_NOT_PROPOSED'
  | 'RECOVERY_SOURCE_RECORD_UNKNOWN'
  | 'RECOVERY_KEY_USED'
  | 'RECOVERY_LIMIT_REACHED'
  | 'RECOVERY_TOO_SHORT'
  | 'RECOVERY_UNKNOWN'
  | 'RECOVERY_FINISHED'
  | RecoveryRefusal
  /** the appointment breaks a rule of guardians; the text says which */
  | 'GUARDIAN_REFUSED'
  | 'APPOINTMENT_UNKNOWN'
  | 'APPOINTMENT_ENDED'
  | 'LINK_NOT_CONFIRMED'
  | 'CONTACT_INVALID'
  | 'AFFILIATION_REFUSED'
  | 'PHYSICIAN_UNKNOWN'
  | 'MEMBERSHIP_UNKNOWN'
  | 'LICENCE_PARTY_REFUSED'
  | 'LICENCE_MOVE_REFUSED'
  | 'LICENCE_SECOND_OFFICER'
  | 'LICENCE_FROZEN_BEFORE'
  | 'LICENCE_PROPOSAL_UNKNOWN'
  | 'LICENCE_PROPOSAL_OVERTAKEN'
  | 'LICENCE_STEP_OVERTAKEN'
  | 'VAULT_ITEM_INVALID'
  | 'VAULT_ACT_UNKNOWN'
  | 'VAULT_ACCESS_REFUSED';

/** A refusal of the identity context. Messages never carry claims, keys, codes or contacts. */
export class IdentityError extends DomainError<IdentityErrorCode> {}
