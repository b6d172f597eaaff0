export { ConsentError, FhirConsentError } from './consent.errors';
export type { ConsentErrorCode, FhirConsentErrorCode, GrantMismatch } from './consent.errors';
export { decideGrant, forRequester, REQUESTER_REASON } from './decide';
export type { BoundRecord, GrantContext, GrantDecision, GrantEvidence, GrantRefusal } from './decide';
export { checkGrantTarget, requestMismatch } from './grant-target';
export type { GrantTarget } from './grant-target';
export { DISCOVERY_TERMS, GRANT, GRANT_RECORDS_MAX, PERMISSION_RULES, REVOCATION } from './statement-kind';
export type {
  DiscoveryTermsClaims,
  GrantClaims,
  PermissionRulesClaims,
  RecordHead,
  RevocationClaims,
} from './statement-kind';
export { decidePermission } from './permission/decide-permission';
export type {
  Obligation,
  PermissionActor,
  PermissionDecision,
  PermissionQuestion,
  PermissionSettings,
} from './permission/decide-permission';
export { specificity } from './permission/category';
export type { AskedCategory } from './permission/category';
export { explainDecision } from './permission/explain';
export { RESEARCH_FRAME, researchUse } from './permission/research-use';
export type { ResearchUse } from './permission/research-use';
export { categoryOf } from './permission/resource-category';
export { LEVELS, numbered, PERMISSION_RULES_MAX, PURPOSES, ruleClaim } from './permission/rule';
export type { Level, NumberedRule, PermissionRule, Purpose, RuleCategory, RuleSubject } from './permission/rule';
export { labelsOf, SENSITIVITY_LABELS } from './permission/sensitivity';
export type { SensitivityLabel } from './permission/sensitivity';
export { exportConsent, FHIR_VERSIONS, importConsent, PROVISIONS_MAX, RULES_POLICY } from './fhir-consent';
export type { ConsentHead, FhirVersion, FindParty, ImportOptions, NamedParty } from './fhir-consent';
