import { isObject, type JsonObject } from '@aceso/fhir';
import { PERMISSION_RULES_MAX, ruleClaim, type PermissionRule } from '../permission/rule';
import { exportConsent } from './export-consent';
import { foreignRules, type ImportOptions } from './foreign-rules';
import { readHead, type HeadReading } from './read-head';
import { readCriteria, type Criteria } from './read-provision';
import { elementsOf, malformed, refuse } from './reading';

const OWN_ID = /^rule-([1-9]\d{0,2})$/;

/**
 * Rules that say what a FHIR Consent says: exactly that, or nothing. What has no counterpart, and what may be read in two
 * ways, is refused with the path of its element. Nothing is permitted by it: the rules are a proposal for the patient to sign.
 * Throws FHIR_CONSENT_NOT_EXPRESSIBLE or FHIR_CONSENT_MALFORMED.
 */
export function importConsent(document: unknown, options: ImportOptions): PermissionRule[] {
  if (!isObject(document) || document.resourceType !== 'Consent') malformed('Consent', 'is no FHIR Consent');
  const head = readHead(document, options.version);
  const rules = head.isOurs ? ownRules(document, head, options) : foreignRules(head, options);
  if (rules.length > PERMISSION_RULES_MAX) refuse('Consent.provision', `makes more than ${PERMISSION_RULES_MAX} rules`);
  for (const rule of rules) {
    const [issue] = ruleClaim.safeParse(rule).error?.issues ?? [];
    if (issue) refuse('Consent.provision', `makes no rule: ${issue.path.join('.')}: ${issue.message}`);
  }
  return rules;
}

/**
 * Rules of a document that names our policy: each stands in the provision with its number. The document must be what these
 * rules are written as, so that it says nothing beside them.
 */
function ownRules(document: JsonObject, head: HeadReading, options: ImportOptions): PermissionRule[] {
  const found = new Map<number, PermissionRule>();
  collect(head.provisions, head.permits, options, found);
  const rules = Array.from({ length: found.size }, (_, index) => {
    return found.get(index + 1) ?? refuse('Consent.provision', `there is no rule-${index + 1}`);
  });
  const written = exportConsent(rules, options.version, { patient: '' });
  if (canonical(written.provision) !== canonical(document.provision)) {
    refuse('Consent.provision', 'says something else than the rules that it numbers');
  }
  return rules;
}

function collect(
  provisions: readonly (readonly [JsonObject, string])[],
  permitsAbove: boolean,
  options: ImportOptions,
  found: Map<number, PermissionRule>,
): void {
  for (const [provision, path] of provisions) {
    const permits = options.version === 'r4' ? provision.type === 'permit' : !permitsAbove;
    const number = typeof provision.id === 'string' ? OWN_ID.exec(provision.id)?.[1] : undefined;
    if (number !== undefined) {
      if (found.has(Number(number))) refuse(`${path}.id`, 'stands twice');
      found.set(Number(number), ownRule(readCriteria(provision, path, options), permits, path));
    }
    collect(elementsOf(provision, 'provision', path), permits, options, found);
  }
}

function ownRule(
  { subjects, category, purposes, period, actions }: Criteria,
  permits: boolean,
  path: string,
): PermissionRule {
  const [subject, ...more] = subjects ?? [];
  if (!subject || more.length > 0) refuse(`${path}.actor`, 'a rule has one subject');
  const level = !permits ? 'none' : actions?.includes('correct') ? 'write' : 'read';
  return { subject, category, level, purpose: purposes?.[0] ?? 'any', ...(period && { period }) };
}

/** JSON with sorted names: the order of members says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isObject(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
