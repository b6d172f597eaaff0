import type { NamedParty, PermissionRule } from '@aceso/consent/domain';

/** Parties of the examples, as a patient names them here. */
export const CLINIC = '00000000-0000-4000-8000-000000000001';
export const NURSE = '00000000-0000-4000-8000-000000000005';
export const PARTIES: { readonly [reference: string]: NamedParty } = {
  'Organization/f001': { party: CLINIC, role: 'provider' },
  'Organization/f203': { party: CLINIC, role: 'provider' },
  'Practitioner/f204': { party: NURSE, role: 'physician' },
};

/** What reading one document comes to: rules, or the path of the element that is refused. */
export type Expected = { readonly rules: readonly PermissionRule[] } | { readonly refused: string };

export const physiciansMay = (changes: Partial<PermissionRule> = {}): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level: 'write',
  purpose: 'any',
  ...changes,
});
export const none = (
  subject: PermissionRule['subject'],
  category: PermissionRule['category'] = {},
): PermissionRule => ({
  subject,
  category,
  level: 'none',
  purpose: 'any',
});
export const forAll = (category: PermissionRule['category']): PermissionRule[] => [
  none({ class: 'physicians' }, category),
  none({ class: 'research' }, category),
];
export const notClinic = [none({ party: CLINIC }), none({ physiciansOf: CLINIC })];

/**
 * Published examples of FHIR R4 (https://hl7.org/fhir/R4/consent-examples.html) by their ids, read with "everyone" as physicians.
 * Eight put criteria into the root, which R4 gives no type: whether that permits or denies only their prose says.
 */
export const R4_EXPECTED: { readonly [id: string]: Expected } = {
  'consent-example-basic': { rules: [physiciansMay({ period: { until: 1451692800 } })] },
  'consent-example-notTime': { rules: [physiciansMay({ period: { from: 1420070400, until: 1422835200 } })] },
  'consent-example-notOrg': { rules: [physiciansMay(), ...notClinic] },
  'consent-example-Emergency': { refused: 'Consent.provision.actor' },
  'consent-example-Out': { refused: 'Consent.provision.actor' },
  'consent-example-grantor': { refused: 'Consent.provision.actor' },
  'consent-example-notAuthor': { refused: 'Consent.provision.actor' },
  'consent-example-notThem': { refused: 'Consent.provision.actor' },
  'consent-example-notThis': { refused: 'Consent.provision.data' },
  'consent-example-pkb': { refused: 'Consent.provision.actor' },
  'consent-example-signature': { refused: 'Consent.provision.actor' },
  'consent-example-smartonfhir': { refused: 'Consent.performer[0]' },
};
