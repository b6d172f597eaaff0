import { specificity } from '../permission/category';
import type { PermissionRule } from '../permission/rule';
import { FhirConsentError } from '../consent.errors';
import { overlap } from './overlap';
import type { ConsentAction } from './terms';

/** Most provisions of one document: exceptions are written under each rule that they narrow, so their number may explode. */
export const PROVISIONS_MAX = 2_000;

/** What a rule says about one or both actions: `read` permits access and, as the decider of a category, denies correction. */
export interface RulePart {
  readonly rule: PermissionRule;
  /** Place in the signed list, from 0. */
  readonly index: number;
  readonly permits: boolean;
  readonly actions: readonly ConsentAction[];
}

/** A part with its exceptions, of which each turns the answer around; exceptions have exceptions. */
export interface ProvisionNode {
  readonly part: RulePart;
  readonly exceptions: readonly ProvisionNode[];
}

export function partsOf(rule: PermissionRule, index: number): RulePart[] {
  if (rule.level === 'write') return [{ rule, index, permits: true, actions: ['access', 'correct'] }];
  if (rule.level === 'none') return [{ rule, index, permits: false, actions: ['access', 'correct'] }];
  return [
    { rule, index, permits: true, actions: ['access'] },
    { rule, index, permits: false, actions: ['correct'] },
  ];
}

/** Whether a part decides where both speak: the more specific one; among equally specific ones the one that denies. */
export function outranks(one: RulePart, other: RulePart): boolean {
  const [a, b] = [specificity(one.rule), specificity(other.rule)];
  return a > b || (a === b && !one.permits && other.permits);
}

/** Whether there may be something that both parts speak of. */
export function meet(one: RulePart, other: RulePart): boolean {
  return one.actions.some((action) => other.actions.includes(action)) && overlap(one.rule, other.rule);
}

/**
 * Rules as FHIR reads them: a base that denies, permissions, and under each the exceptions. What permits has every part that
 * denies and outranks it as an exception, that has every part that permits and outranks it, and so on; so the tree
 * permits exactly where the most specific rule does. Throws FHIR_CONSENT_TOO_LARGE beyond PROVISIONS_MAX.
 */
export function provisionTree(rules: readonly PermissionRule[]): ProvisionNode[] {
  const parts = rules.flatMap(partsOf);
  let provisions = 0;
  const nodeOf = (part: RulePart, above: readonly RulePart[]): ProvisionNode => {
    if (++provisions > PROVISIONS_MAX) {
      throw new FhirConsentError(
        'FHIR_CONSENT_TOO_LARGE',
        'Consent.provision',
        `these rules need more than ${PROVISIONS_MAX} provisions: exceptions of exceptions overlap too much`,
      );
    }
    const path = [...above, part];
    const exceptions = parts.filter(
      (other) => other.permits !== part.permits && outranks(other, part) && path.every((each) => meet(other, each)),
    );
    return { part, exceptions: exceptions.map((exception) => nodeOf(exception, path)) };
  };
  return parts.filter(({ permits }) => permits).map((part) => nodeOf(part, []));
}
