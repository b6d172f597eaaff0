/** Versions of FHIR whose Consent is read and written: 4.0.1 and 5.0.0. */
export const FHIR_VERSIONS = ['r4', 'r5'] as const;
export type FhirVersion = (typeof FHIR_VERSIONS)[number];

/** Names how our rules combine (docs/reference/permission-rules.md); a document that names it was written by an Aceso. */
export const RULES_POLICY = 'urn:aceso:permission-rules:v1';
/** Our roles of actors, where FHIR has no code: physicians of one provider, any physician, any research center. */
export const SUBJECT_ROLES = 'urn:aceso:permission-subject';

export const SYSTEMS = {
  action: 'http://terminology.hl7.org/CodeSystem/consentaction',
  actCode: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
  reason: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  participation: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  scope: 'http://terminology.hl7.org/CodeSystem/consentscope',
  loinc: 'http://loinc.org',
  /** R4 `provision.class`. */
  resourceTypes: 'http://hl7.org/fhir/resource-types',
  /** R5 `provision.resourceType`. */
  fhirTypes: 'http://hl7.org/fhir/fhir-types',
  uri: 'urn:ietf:rfc:3986',
} as const;

/** HL7 v3 ActReason of each purpose: treatment, emergency treatment, healthcare research. */
export const REASONS = { treatment: 'TREAT', emergency: 'ETREAT', research: 'HRESCH' } as const;

export type ConsentAction = 'access' | 'correct';

/** Actors who receive information: primary information recipient, information recipient (v3 ParticipationType). */
export const RECIPIENTS: ReadonlySet<string> = new Set(['PRCP', 'IRCP']);

/** A FHIR JSON element that is written. */
export type Element = { readonly [name: string]: unknown };

export const concept = (system: string, code: string): Element => ({ coding: [{ system, code }] });

/** A logical reference to a party of this instance by its UUID. */
export const partyReference = (party: string): Element => ({
  identifier: { system: SYSTEMS.uri, value: `urn:uuid:${party}` },
});
