export { verifyBinding } from './binding';
export type { BindingFault, BindingParties, BindingTexts } from './binding';
export { checkChain, EMPTY_CHAIN } from './chain';
export type { ChainHead } from './chain';
export { checkStatement, checkTime, CLOCK_SKEW_SECONDS } from './check-statement';
export type { CheckedStatement, StatementContext } from './check-statement';
export { chainedClaims, didClaim, digestClaim, freeClaims, secondsClaim, uuidClaim } from './claims';
export type { ChainClaims, CommonClaims } from './claims';
export { CODE_LENGTH_MAX, CODE_LENGTH_MIN, codeHash, codeMatches, newCode } from './code';
export { composeStatement } from './compose';
export type { Composer, Issue } from './compose';
export { Contact } from './contact';
export { IdentityError } from './identity.errors';
export type { IdentityErrorCode, StatementRefusal } from './identity.errors';
export { ROLES } from './role';
export type { Role } from './role';
export {
  ATTESTATION,
  BINDING,
  DAY_SECONDS,
  DECADE_SECONDS,
  ERASURE,
  ERASURE_CONFIRMATION,
  EVIDENCE_LEVELS,
  KINDS_AFTER_ERASURE,
  LINK,
  LOGIN,
  HOUR_SECONDS,
  MINUTE_SECONDS,
  REGISTRATION,
  YEAR_SECONDS,
} from './statement-kind';
export type {
  AttestationClaims,
  BindingClaims,
  ErasureClaims,
  EvidenceLevel,
  LinkClaims,
  LoginClaims,
  RegistrationClaims,
  StatementKind,
} from './statement-kind';
export { jwkThumbprint } from './thumbprint';
