import type { PermissionDecision } from './decide-permission';
import type { NumberedRule, RuleCategory } from './rule';

/** Of rules that do not verify: nothing tells what else they would have said. */
const FALLEN =
  'Refused: your rules do not count, as they were signed with a key that was in other hands by then. Set them anew.';

/** What a decision means, in a sentence for the patient: "Refused: rule 3 (none), set by you on 2026-05-04." */
export function explainDecision(
  decision: PermissionDecision,
  { recordedAt: setAt, intact }: { readonly recordedAt: Date | null; readonly intact: boolean },
): string {
  const { effect, basis, rule } = decision;
  if (!intact && basis === 'unruled') return FALLEN;
  const by = setAt ? `set by you on ${setAt.toISOString().slice(0, 10)}` : 'set by you';
  if (basis === 'author')
    return 'Permitted: a provider keeps reading what it wrote itself, as law obliges it to keep records.';
  if (effect === 'abstain')
    return `Permitted in part only: ${nameOf(rule)}, ${by}, permits some of it; the rest is refused.`;
  const answer = effect === 'permit' ? 'Permitted' : 'Refused';
  const cause = basis === 'rule' ? `${nameOf(rule)}, ${by}` : unruled(effect);
  const left = decision.obligations.map(({ redact, rule: { number } }) => `${describe(redact)} (rule ${number})`);
  return `${answer}: ${cause}.${left.length === 0 ? '' : ` Left out: ${left.join('; ')}.`}`;
}

function unruled(effect: 'permit' | 'deny'): string {
  return effect === 'permit'
    ? 'no rule of yours speaks of it, and what you granted or set for discovery does'
    : 'no rule of yours permits it, and no rule means none';
}

function nameOf(rule: NumberedRule | null): string {
  return rule ? `rule ${rule.number} (${rule.level === 'write' ? 'read and write' : rule.level})` : 'no rule';
}

function describe({ types, codes, labels, providers, devices, days }: RuleCategory): string {
  const parts = [
    types?.join(', '),
    codes && `codes ${codes.join(', ')}`,
    labels && `labelled ${labels.join(', ')}`,
    providers && `written by ${providers.length === 1 ? 'one provider' : `${providers.length} providers`}`,
    devices && `from ${devices.join(', ')}`,
    days &&
      `${days.from ? `from ${days.from}` : ''}${days.from && days.to ? ' ' : ''}${days.to ? `to ${days.to}` : ''}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
