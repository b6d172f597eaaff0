import { DomainError } from '@aceso/kernel';

/** Why a grant does not fit what the patient was asked. */
export type GrantMismatch =
  | 'GRANT_OTHER_REQUEST'
  | 'GRANT_OTHER_VERSION'
  | 'GRANT_CONTENT_CHANGED'
  | 'GRANT_NOTICE_MISMATCH'
  | 'GRANT_AMOUNT_MISMATCH'
  | 'GRANT_SPLIT_RULE_MISMATCH'
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
export type FhirConsentErrorCode = 'FHIR_CONSENT_MALFORMED' | 'FHIR_CONSENT_NOT_EXPRESSIBLE' | 'FHIR_CONSENT_TOO_LARGE';

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
