import type { ElementRule, ElementRules, Policy } from '@aceso/deidentification/domain';

const PSEUDONYM = 'keyed hash of this order over a random number of the register';

const PLAIN: Record<Extract<ElementRule, string>, string> = {
  concept: 'codes of allowed systems; text and codes of fewer than k persons left out',
  concepts: 'codes of allowed systems; text and codes of fewer than k persons left out',
  coding: 'code of an allowed system; left out when fewer than k persons have it',
  codings: 'codes of allowed systems; left out when fewer than k persons have them',
  date: 'date rule of the policy, inside the event window',
  period: 'date rule of the policy, inside the event window',
  quantity: 'rounded to the precision of its code; unit from a list',
  boolean: 'as recorded',
  count: 'whole number from 0 to 9,999',
  counts: 'whole numbers from 0 to 9,999',
  decimal: 'rounded to the precision of its code',
  drop: 'left out',
};

/** The de-identification rule of an element, in words; `path` has no indexes. */
export function ruleInWords(policy: Policy, resourceType: string, path: string): string {
  const [element = ''] = path.split('.');
  if (element === 'resourceType') return 'as it is';
  if (element === 'id') return PSEUDONYM;
  if (resourceType === 'Patient') return 'quasi-identifier, generalised for the whole package';
  const rule = policy.resources[resourceType];
  if (element === 'subject' || element === rule?.patientElement) return PSEUDONYM;
  if (element === 'dataAbsentReason') return 'says that a value was recorded and left out';
  return wordsOf(elementRule(policy, resourceType, path)) ?? 'added by the policy';
}

/** The rule that an element follows under a policy; undefined where none names it. `path` has no indexes. */
export function elementRule(policy: Policy, resourceType: string, path: string): ElementRule | undefined {
  return ruleAt(policy.resources[resourceType]?.elements, path.split('.'));
}

function ruleAt(
  elements: ElementRules | undefined,
  [element = '', ...rest]: readonly string[],
): ElementRule | undefined {
  const rule = elements?.[element];
  if (typeof rule !== 'object') return rule;
  if ('each' in rule) return ruleAt(rule.each, rest);
  return 'one' in rule ? ruleAt(rule.one, rest) : rule;
}

function wordsOf(rule: ElementRule | undefined): string | undefined {
  if (rule === undefined) return undefined;
  if (typeof rule === 'string') return PLAIN[rule];
  if ('oneOf' in rule || 'someOf' in rule) return 'one of a closed list';
  if ('generalise' in rule) return `lowered to a multiple of ${rule.generalise}, rounded to the precision of its code`;
  if ('perturb' in rule) return `noise within ± ${rule.perturb / 2}, rounded to the precision of its code`;
  if ('substitute' in rule) return 'one constant for every value';
  if ('reference' in rule || 'references' in rule) return `${PSEUDONYM}; left out when it leads out of the package`;
  return undefined;
}
