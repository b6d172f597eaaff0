import { DomainError } from '@aceso/kernel';

/** Why a grant does not fit what the patient was asked. */
export type GrantMismatch =
  /** the grant is of another request */
  | 'GRANT_OTHER_REQUEST'
  /** the grant is of another version of the request */
  | 'GRANT_OTHER_VERSION'
  /** the grant names the hash of another content: read the request again */
  | 'GRANT_CONTENT_CHANGED'
  /** the grant names another notice, or another language of it */
  | 'GRANT_NOTICE_MISMATCH'
  /** the grant names another amount than the version that was asked */
  | 'GRANT_AMOUNT_MISMATCH'
  /** the grant names another rule of how the price is shared */
  | 'GRANT_SPLIT_RULE_MISMATCH'
  /** the grant names other source records, or other states of them, than the patient has */
  | 'GRANT_RECORDS_MISMATCH';

export type ConsentErrorCode =
  | GrantMismatch
  | 'ANSWER_DEADLINE_PASSED'
  | 'ALREADY_GRANTED'
  | 'SOURCE_RECORD_NOT_BOUND'
  | 'GRANT_UNKNOWN'
  | 'GRANT_ALREADY_REVOKED'
  | 'GRANT_STANDS'
  | 'GUARDIANS_DISAGREE'
  | 'TERMS_NOTICE_MISMATCH'
  | 'TERMS_NOTHING_PERMITTED'
  | 'DISEASE_FILE_INVALID'
  | 'RULE_PARTY_UNKNOWN'
  | 'ACCESS_QUESTION_INVALID'
  | FhirConsentErrorCode;

/** Why a FHIR Consent is not read or written. */
export type FhirConsentErrorCode =
  | 'FHIR_CONSENT_MALFORMED'
  /** the Consent says what permission rules cannot say; the text names the element */
  | 'FHIR_CONSENT_NOT_EXPRESSIBLE'
  | 'FHIR_CONSENT_TOO_LARGE';

/** A refusal of the consent context. Messages never carry claims or identifiers. */
export class ConsentError extends DomainError<ConsentErrorCode> {}

/** A FHIR Consent that is refused; `path` names the element (FHIRPath, `Consent.provision[0].actor`), never its value. */
export class FhirConsentError extends ConsentError {
  constructor(
    code: FhirConsentErrorCode,
    readonly path: string,
    why: string,
  ) {
    super(code, `${path}: ${why}`);
  }
}
