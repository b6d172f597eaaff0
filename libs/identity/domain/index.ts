export { authenticityFault, authorityFault, mayBeMinor } from './authority';
export type { AuthorityEvidence, AuthorityFault, AuthorityNeed } from './authority';
export { verifyBinding } from './binding';
export type { BindingFault, BindingParties, BindingTexts } from './binding';
export { checkChain, EMPTY_CHAIN } from './chain';
export type { ChainHead } from './chain';
export { checkStatement, checkTime, CLOCK_SKEW_SECONDS } from './check-statement';
export type { CheckedStatement, StatementContext } from './check-statement';
export { chainedClaims, didClaim, digestClaim, freeClaims, GUARDIAN_SCOPES, secondsClaim, uuidClaim } from './claims';
export type { ChainClaims, CommonClaims, GuardianAuthority, GuardianScope } from './claims';
export { CODE_LENGTH_MAX, CODE_LENGTH_MIN, codeHash, codeMatches, newCode } from './code';
export { composeStatement, composeUnsigned } from './compose';
export type { Composer, Issue } from './compose';
export { Contact } from './contact';
export {
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  GUARDIAN_END,
  GUARDIAN_KINDS,
  PROXY_APPOINTMENT,
} from './guardian-statement';
export type { GuardianAppointmentClaims, GuardianKind } from './guardian-statement';
export { adultUntil, ageLimits, minorFrom } from './majority';
export type { AgeLimits } from './majority';
export { IdentityError } from './identity.errors';
export type { IdentityErrorCode, StatementRefusal } from './identity.errors';
export { keyFault } from './key-life';
export type { KeyFault, KeyLife } from './key-life';
export {
  KEY_ADDITION,
  KEY_POSSESSION,
  KEY_REVOCATION,
  keyOf,
  KEYS_MAX,
  LIVE_KEYS_MAX,
  provenKey,
  signatureCounter,
} from './key-statement';
export type { KeyAdditionClaims, KeyPossessionClaims, KeyRevocationClaims, NewKey } from './key-statement';
export { composePossessionProof } from './possession-proof';
export type { ProvenRequest } from './possession-proof';
export { keepsRestriction } from './recovered-key';
export { firstVoucher, recoveryRefusal } from './recovery';
export type { RecoveryEvidence, RecoveryRefusal, RecoveryVoucher } from './recovery';
export {
  RECOVERIES_PENDING_MAX,
  RECOVERY,
  RECOVERY_ATTESTATION,
  RECOVERY_EVIDENCE,
  RECOVERY_VETO,
} from './recovery-statement';
export type { RecoveryAttestationClaims, RecoveryClaims, RecoveryVetoClaims } from './recovery-statement';
export {
  confirmedState,
  FREEZE_COOLING_DAYS,
  FREEZE_HOURS,
  freezeEnd,
  LICENCE,
  LICENCE_APPEAL,
  LICENCE_NEXT,
  LICENCE_REASONS,
  LICENCE_STATES,
  mayAct,
  PROPOSAL_HOURS,
  proposalEnd,
  requireMove,
} from './licence';
export type {
  LicenceAppealClaims,
  LicenceClaims,
  LicenceDoer,
  LicenceReason,
  LicenceStanding,
  LicenceState,
  OfficersStep,
} from './licence';
export { ROLES } from './role';
export type { Role } from './role';
export {
  ATTESTATION,
  BINDING,
  DAY_SECONDS,
  DECADE_SECONDS,
  ERASURE,
  ERASURE_CONFIRMATION,
  ERASURE_HELD_DAYS_MAX,
  EVIDENCE_LEVELS,
  KINDS_AFTER_ERASURE,
  LINK,
  RETRACTION,
  UNLINK,
  LOGIN,
  HOUR_SECONDS,
  MEMBERSHIP,
  MINUTE_SECONDS,
  REGISTRATION,
  TOKEN_TYPES,
  YEAR_SECONDS,
} from './statement-kind';
export type {
  AttestationClaims,
  BindingClaims,
  ErasureClaims,
  EvidenceLevel,
  LinkClaims,
  LoginClaims,
  MembershipClaims,
  RegistrationClaims,
  StatementKind,
  TokenType,
} from './statement-kind';
export { jwkThumbprint } from './thumbprint';
export { BankDetails, Identifiers, IDENTIFIERS_MAX, VAULT_ITEMS } from './vault-item';
export type { VaultItem, VaultItemKind } from './vault-item';
