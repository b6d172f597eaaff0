export {
  CONSENT_BYTES_MAX,
  CONSENT_PARTIES_MAX,
  ConsentDocumentService,
  parseConsent,
} from './consent-document.service';
export { ConsentModule } from './consent.module';
export { ConsentService } from './consent.service';
export type { GrantQuery, GrantRow } from './data/grant-rows';
export { InstalledDiseases } from './installed-diseases';
export { StandingTermsService } from './standing-terms.service';
export type { TermsAnswering, TermsRequest } from './standing-terms.service';
export { GrantHistory } from './grant-history';
export type { OwnGrant } from './grant-history';
export { PermissionService } from './permission.service';
export type { AccessAsked, AccessExplained, Explained, PersonRules } from './permission.service';
export type { RuledPerson } from './data/permission-rows';
