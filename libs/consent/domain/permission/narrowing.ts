import { canonicalJson } from '@aceso/kernel';
import type { PermissionRulesClaims } from '../statement-kind';
import type { PermissionRule } from './rule';

/** Whether rules permit nothing: each of them refuses. */
export function permitsNothing({ rules }: Pick<PermissionRulesClaims, 'rules'>): boolean {
  return rules.every(({ level }) => level === 'none');
}

/**
 * Whether rules are surely no wider than those before: they permit nothing, and every refusal of before is still there. What was
 * permitted falls away; where no rule speaks any more, only grants speak, as before.
 */
export function surelyNarrower(rules: readonly PermissionRule[], before: readonly PermissionRule[]): boolean {
  const kept = new Set(rules.map(textOf));
  return (
    permitsNothing({ rules: [...rules] }) && before.every((rule) => rule.level !== 'none' || kept.has(textOf(rule)))
  );
}

/** A rule without its number, the same text for the same rule. */
function textOf({ subject, category, level, purpose, period }: PermissionRule): string {
  return canonicalJson({ subject, category, level, purpose, ...(period ? { period } : {}) });
}
