export { askedRequest, contentTextHash } from './asked-content';
export type { AskedRequest } from './asked-content';
export { ConsentError, FhirConsentError } from './consent.errors';
export type { ConsentErrorCode, FhirConsentErrorCode, GrantMismatch } from './consent.errors';
export { decideGrant, forRequester, REQUESTER_REASON } from './decide';
export type { BoundRecord, GrantContext, GrantDecision, GrantEvidence, GrantRefusal } from './decide';
export { decideTerms, TERMS_ANSWER, termsAnswerDigest, termsAnswerText } from './decide-terms';
export type { TermsAnswer, TermsContext, TermsDecision, TermsEvidence, TermsRefusal } from './decide-terms';
export { parseDiseaseFile, parseObo, parseParentTable } from './disease-files';
export { DiseaseTree } from './disease-tree';
export type { DiseaseTerm } from './disease-tree';
export { DUO_MODIFIERS, DUO_PERMISSIONS, DUO_WORDS } from './duo';
export type { DuoModifier, DuoPermission } from './duo';
export { checkGrantTarget, requestMismatch } from './grant-target';
export type { GrantTarget } from './grant-target';
export { matchPermission, verdictOf } from './match-permission';
export type { Finding, MatchRules, StatedPurpose, Verdict } from './match-permission';
export { matchAlternative, matchPurpose } from './match-purpose';
export type { Match, MatchContext } from './match-purpose';
export { UNIT_MENU_MINOR } from './price-menu';
export { priceVerdict } from './price-verdict';
export type { DraftedRequest, PriceVerdict } from './price-verdict';
export {
  BUYER_KINDS,
  calendarDate,
  countryCode,
  diseaseCode,
  isNonProfit,
  PLEDGES,
  RESEARCH_CODES,
  CODED_USE,
  SENSITIVE_TOPICS,
} from './coded-use';
export type { BuyerKind, Pledge, ResearchCode, CodedUse, SensitiveTopic } from './coded-use';
export { SHIPPED_DISEASES } from './shipped-diseases';
export { STANDING_TERMS, TERMS_SET, termsSetHash } from './standing-terms';
export type { Alternative, Modifier, Permission, StandingTermsClaims, TermsSet } from './standing-terms';
export { CURRENT_TERMS_NOTICE, termsNoticeHash, termsNoticeOf } from './terms-notice';
export { toBundleGuardian } from './bundle-guardians';
export { CONSENT_BUNDLE } from './consent-bundle';
export type { ConsentBundle } from './consent-bundle';
export { termsInWords } from './consent-words';
export { verifyBundle } from './verify-bundle';
export type { BundleFault } from './bundle-faults';
export type { BundleQuestion, BundleReport } from './verify-bundle';
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
export { permitsNothing, surelyNarrower } from './permission/narrowing';
export { RESEARCH_FRAME, researchUse } from './permission/research-use';
export type { ResearchUse } from './permission/research-use';
export { categoryOf } from './permission/resource-category';
export { LEVELS, numbered, PERMISSION_RULES_MAX, PURPOSES, ruleClaim } from './permission/rule';
export type { Level, NumberedRule, PermissionRule, Purpose, RuleCategory, RuleSubject } from './permission/rule';
export { labelsOf, SENSITIVITY_LABELS } from './permission/sensitivity';
export type { SensitivityLabel } from './permission/sensitivity';
export { exportConsent, FHIR_VERSIONS, importConsent, PROVISIONS_MAX, RULES_POLICY } from './fhir-consent';
export type { ConsentHead, FhirVersion, FindParty, ImportOptions, NamedParty } from './fhir-consent';
