import type { TermsRefusal } from './decide-terms';

/** Why a bundle proves no consent; each is an exit code of `aceso verify-consent` of its own. */
export type BundleFault =
  | 'MALFORMED'
  | 'ALTERED'
  | 'OTHER_KEY'
  | 'OTHER_REQUEST'
  | 'EXPIRED'
  | 'REVOKED'
  | 'REPLACED'
  | 'WIDER_SCOPE'
  | 'REPLAYED'
  | 'RECEIPT_BROKEN'
  | 'AUTHORITY_INVALID'
  | 'AUTHORITY_UNCONFIRMED'
  | 'AUTHORITY_NOT_BOUND'
  | 'AUTHORITY_ENDED'
  | 'AUTHORITY_MAJORITY'
  | 'AUTHORITY_WARD_MINOR'
  | 'AUTHORITY_WARD_DECEASED';

const FAULTS: Readonly<Partial<Record<TermsRefusal, BundleFault>>> = {
  GRANT_OTHER_KEY: 'OTHER_KEY',
  GRANT_KEY_REVOKED: 'OTHER_KEY',
  BINDING_KEY_REVOKED: 'OTHER_KEY',
  ATTESTATION_KEY_REVOKED: 'OTHER_KEY',
  GRANT_OTHER_REQUEST: 'OTHER_REQUEST',
  GRANT_OTHER_VERSION: 'OTHER_REQUEST',
  GRANT_CONTENT_CHANGED: 'OTHER_REQUEST',
  GRANT_EXPIRED: 'EXPIRED',
  TERMS_EXPIRED: 'EXPIRED',
  TERMS_REPLACED: 'REPLACED',
  TERMS_ASK_FIRST: 'WIDER_SCOPE',
  TERMS_DO_NOT_PERMIT: 'WIDER_SCOPE',
  TERMS_OTHER_ANSWER: 'OTHER_REQUEST',
  BINDING_MISSING: 'WIDER_SCOPE',
  BINDING_OTHER_KEY: 'OTHER_KEY',
  BINDING_OTHER_RECORD: 'WIDER_SCOPE',
  BINDING_OTHER_ATTESTATION: 'WIDER_SCOPE',
  ATTESTATION_OTHER_PROVIDER: 'OTHER_KEY',
  ATTESTATION_OTHER_RECORD: 'WIDER_SCOPE',
  AUTHORITY_INVALID: 'AUTHORITY_INVALID',
  AUTHORITY_OTHER_KEY: 'OTHER_KEY',
  AUTHORITY_UNCONFIRMED: 'AUTHORITY_UNCONFIRMED',
  AUTHORITY_NOT_BOUND: 'AUTHORITY_NOT_BOUND',
  AUTHORITY_ENDED: 'AUTHORITY_ENDED',
  AUTHORITY_MAJORITY: 'AUTHORITY_MAJORITY',
  AUTHORITY_WARD_MINOR: 'AUTHORITY_WARD_MINOR',
  AUTHORITY_WARD_DECEASED: 'AUTHORITY_WARD_DECEASED',
  AUTHORITY_SCOPE: 'WIDER_SCOPE',
};

/** For whoever reads the report. */
export const FAULT_WORDS: Readonly<Record<BundleFault, string>> = {
  MALFORMED: 'the file is no bundle',
  ALTERED: 'a statement does not verify',
  OTHER_KEY: 'another key signed than the one that belongs there',
  OTHER_REQUEST: 'the consent is for another request, version or content',
  EXPIRED: 'the consent had ended',
  REVOKED: 'the person took the consent back',
  REPLACED: 'newer terms took the place of these',
  WIDER_SCOPE: 'more is used than was permitted',
  REPLAYED: 'a statement was made for another ledger, or stands there twice',
  RECEIPT_BROKEN: 'a receipt is broken',
  AUTHORITY_INVALID: 'nothing in the bundle appoints the guardian who signed',
  AUTHORITY_UNCONFIRMED: 'no officer confirmed the appointment of the guardian',
  AUTHORITY_NOT_BOUND: 'the provider that appointed the guardian holds no record of the ward',
  AUTHORITY_ENDED: 'the authority of the guardian had ended',
  AUTHORITY_MAJORITY: 'the ward may be of age: a parent decides for it no longer',
  AUTHORITY_WARD_MINOR: 'the ward may be a minor, and a minor has no proxy',
  AUTHORITY_WARD_DECEASED: 'the ward is dead',
};

/** What a refusal of the gate is called of a bundle. */
export function faultOf(reason: TermsRefusal): BundleFault {
  return FAULTS[reason] ?? 'ALTERED';
}
