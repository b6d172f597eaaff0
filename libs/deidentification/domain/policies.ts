import { DeidentificationError } from '../deidentification.errors';
import type { ElementRules, Policy, ResourceRule } from './policy';
import { CODE_SYSTEMS } from './rules/code-systems';
import { DECIMALS_BY_CODE } from './rules/precision';
import { RESOURCE_RULES } from './rules/resource-rules';
import { RESTRICTED_ZIP3 } from './rules/zip3';

const COMMON = {
  format: 'aceso/deidentification-policy/v1',
  version: 2,
  historyYearsMax: 89,
  classSizeMin: 5,
  restrictedZip3: RESTRICTED_ZIP3,
  codeSystems: CODE_SYSTEMS,
  precision: { significantDigits: 3, significantDigitsMax: 4, decimalsByCode: DECIMALS_BY_CODE },
  resources: RESOURCE_RULES,
} as const;

/** Day-level dates under a secret shift: 45 CFR 164.514(b)(1) asks an expert to determine that the risk is very small. */
const EXPERT: Policy = {
  ...COMMON,
  name: 'expert-1',
  label: 'de-identified data with measured risk; needs a determination (45 CFR 164.514(b)(1))',
  dates: { kind: 'shift', daysMax: 182 },
};

/** The 18 classes of 45 CFR 164.514(b)(2) removed: years only, no shifted days, ages 90 and over in one band. */
const SAFE_HARBOR: Policy = {
  ...COMMON,
  name: 'safe-harbor',
  label: 'de-identified data with measured risk; Safe Harbor elements removed (45 CFR 164.514(b)(2))',
  dates: { kind: 'year' },
};

/** The elements of a type that are enough to count and compare: what it was, that it was, in which year. */
function only(type: string, names: string): ResourceRule {
  const { elements, dates, ...rule } = RESOURCE_RULES[type]!;
  const kept: ElementRules = Object.fromEntries(names.split(' ').map((name) => [name, elements[name]!]));
  return { ...rule, dates: dates.filter((name) => name in kept), elements: kept };
}

/** Codes, numbers of two digits and years, in classes of 11: for feasibility, teaching and release to many. */
const MINIMAL: Policy = {
  ...COMMON,
  name: 'minimal',
  label: 'de-identified data with measured risk; codes, coarse numbers and years only',
  dates: { kind: 'year' },
  classSizeMin: 11,
  precision: { ...COMMON.precision, significantDigits: 2, significantDigitsMax: 3 },
  resources: {
    Condition: only('Condition', 'clinicalStatus verificationStatus code onsetDateTime'),
    Encounter: only('Encounter', 'status class period'),
    Immunization: only('Immunization', 'status vaccineCode occurrenceDateTime'),
    MedicationRequest: only('MedicationRequest', 'status intent medicationCodeableConcept authoredOn'),
    Observation: only('Observation', 'status code effectiveDateTime valueQuantity valueCodeableConcept'),
    Procedure: only('Procedure', 'status code performedDateTime performedPeriod'),
  },
};

/** The policies that ship, the default first. */
export const POLICIES: readonly Policy[] = [EXPERT, SAFE_HARBOR, MINIMAL];

/** The shipped policy of a name. Throws POLICY_UNKNOWN with the names there are. */
export function policyNamed(name: string): Policy {
  const policy = POLICIES.find((candidate) => candidate.name === name);
  if (!policy) {
    const names = POLICIES.map((candidate) => candidate.name).join(', ');
    throw new DeidentificationError('POLICY_UNKNOWN', `no policy of that name; shipped: ${names}`);
  }
  return policy;
}
