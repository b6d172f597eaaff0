import type { FhirVersion, PermissionRule } from '@aceso/consent/domain';
import { CLINIC, none, type Expected } from './consent.expected';

export const coding = (system: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
});
export const actor = (role: string, reference: string) => ({
  role: coding('v3-ParticipationType', role),
  reference: { reference },
});
export const actions = (...codes: string[]) => ({ action: codes.map((code) => coding('consentaction', code)) });
export const label = (system: string, code: string) => ({
  securityLabel: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
});
export const purpose = (code: string) => ({
  purpose: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code }],
});
export const bothDenied = actions('access', 'correct');

export interface FactCase {
  readonly name: string;
  readonly version: FhirVersion;
  /** Members beside those that every active Consent has. */
  readonly says: object;
  readonly expected: Expected;
  /** True to read it without saying who "everyone" is. */
  readonly strict?: boolean;
}

export const optIn = { policyRule: coding('v3-ActCode', 'OPTIN') };
export const optOut = { policyRule: coding('v3-ActCode', 'OPTOUT') };
export const r4 = (name: string, base: object, provisions: readonly object[], expected: Expected): FactCase => ({
  name: `R4 ${name}`,
  version: 'r4',
  says: { ...base, provision: { provision: provisions } },
  expected,
});
export const r5 = (name: string, decision: string, provisions: readonly object[], expected: Expected): FactCase => ({
  name: `R5 ${name}`,
  version: 'r5',
  says: { decision, ...(provisions.length > 0 && { provision: provisions }) },
  expected,
});
export const recipient = { actor: [actor('PRCP', 'Organization/f001')] };
export const readers = (
  category: PermissionRule['category'],
  changes: Partial<PermissionRule> = {},
): PermissionRule[] => [
  { ...none({ party: CLINIC }, category), level: 'read', ...changes },
  { ...none({ physiciansOf: CLINIC }, category), level: 'read', ...changes },
];
