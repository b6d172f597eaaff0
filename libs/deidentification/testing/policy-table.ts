import type { ElementRule, ElementRules, Policy } from '../domain';

/** The allow-list of a policy as a Markdown table: `docs/reference/deidentification.md` holds it, a test compares. */
export function policyTable(policy: Policy): string {
  const rows = Object.keys(policy.resources)
    .sort()
    .map((type) => `| ${type} | ${elementsOf(policy.resources[type]!.elements).join(', ')} |`);
  return ['| type | elements that leave |', '| --- | --- |', ...rows].join('\n');
}

const MARKS: Partial<Record<Extract<ElementRule, string>, string>> = {
  date: ' ᵈ',
  period: ' ᵈ',
  quantity: ' ⁿ',
  decimal: ' ⁿ',
};

function elementsOf(rules: ElementRules, prefix = ''): string[] {
  return Object.keys(rules)
    .sort()
    .flatMap((name) => {
      const rule = rules[name]!;
      if (rule === 'drop') return [];
      if (typeof rule === 'string') return [`${prefix}${name}${MARKS[rule] ?? ''}`];
      if ('each' in rule) return elementsOf(rule.each, `${prefix}${name}.`);
      if ('one' in rule) return elementsOf(rule.one, `${prefix}${name}.`);
      if ('reference' in rule) return [`${prefix}${name} → ${rule.reference}`];
      if ('references' in rule) return [`${prefix}${name} → ${rule.references}`];
      return [`${prefix}${name}${'generalise' in rule || 'perturb' in rule ? ' ⁿ' : ''}`];
    });
}
