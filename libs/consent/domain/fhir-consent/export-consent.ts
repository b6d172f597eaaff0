import type { PermissionRule, RuleSubject } from '../permission/rule';
import { partsOf, provisionTree, type ProvisionNode, type RulePart } from './provision-tree';
import {
  concept,
  partyReference,
  REASONS,
  RULES_POLICY,
  SUBJECT_ROLES,
  SYSTEMS,
  type Element,
  type FhirVersion,
} from './terms';

/** Whose rules they are and since when. */
export interface ConsentHead {
  /** UUID of the patient's party. */
  readonly patient: string;
  /** When the rules were set; absent where they are only proposed. */
  readonly setAt?: Date;
}

/**
 * A person's rules as one FHIR Consent (https://hl7.org/fhir/R4/consent.html, https://hl7.org/fhir/R5/consent.html). The base
 * denies. Every rule stands in one provision that carries `rule-<number>` as its element id; exceptions stand below. R5 has no
 * type of a provision: there a rule `none` that narrows nothing stands as an exception of all of itself.
 * Throws FHIR_CONSENT_TOO_LARGE.
 */
export function exportConsent(rules: readonly PermissionRule[], version: FhirVersion, head: ConsentHead): Element {
  const provisions = version === 'r4' ? r4Provisions(rules) : r5Provisions(rules);
  const subject = { type: 'Patient', ...partyReference(head.patient) };
  const category = [concept(SYSTEMS.loinc, '59284-0')];
  const date = head.setAt?.toISOString();
  if (version === 'r5') {
    return {
      resourceType: 'Consent',
      status: 'active',
      category,
      subject,
      ...(date && { date: date.slice(0, 10) }),
      policyBasis: { url: RULES_POLICY },
      decision: 'deny',
      ...(provisions.length > 0 && { provision: provisions }),
    };
  }
  return {
    resourceType: 'Consent',
    status: 'active',
    scope: concept(SYSTEMS.scope, 'patient-privacy'),
    category,
    patient: subject,
    ...(date && { dateTime: date }),
    policy: [{ uri: RULES_POLICY }],
    policyRule: concept(SYSTEMS.actCode, 'OPTOUT'),
    ...(provisions.length > 0 && { provision: { provision: provisions } }),
  };
}

/** In the order of the rules; a rule that denies stands beside the others, as R4 says of each provision what it does. */
function r4Provisions(rules: readonly PermissionRule[]): Element[] {
  const nodes = new Map(provisionTree(rules).map((node) => [node.part.index, node]));
  return rules.map((rule, index) => {
    const [part] = partsOf(rule, index) as [RulePart];
    return provision('r4', nodes.get(index) ?? { part, exceptions: [] }, new Set([index]));
  });
}

function r5Provisions(rules: readonly PermissionRule[]): Element[] {
  const nodes = provisionTree(rules);
  const unnamed = new Set(rules.map((_, index) => index));
  const provisions = nodes.map((node) => provision('r5', node, unnamed));
  const narrowingNothing = [...unnamed].map((index): Element => {
    const [part] = partsOf(rules[index] as PermissionRule, index) as [RulePart];
    return { ...criteria('r5', part), provision: [provision('r5', { part, exceptions: [] }, unnamed)] };
  });
  return [...provisions, ...narrowingNothing];
}

/** One provision; the first that stands for a whole rule takes its name out of `unnamed`. */
function provision(version: FhirVersion, { part, exceptions }: ProvisionNode, unnamed: Set<number>): Element {
  const { rule, index, permits } = part;
  const isWhole = permits || rule.level === 'none';
  const named = isWhole && unnamed.delete(index);
  return {
    ...(named && { id: `rule-${index + 1}` }),
    ...(version === 'r4' && { type: permits ? 'permit' : 'deny' }),
    ...criteria(version, part),
    ...(exceptions.length > 0 && { provision: exceptions.map((each) => provision(version, each, unnamed)) }),
  };
}

function criteria(version: FhirVersion, { rule, actions }: RulePart): Element {
  const { types, codes, labels, providers, devices, days } = rule.category;
  const classes = types?.map((code) => ({
    system: version === 'r4' ? SYSTEMS.resourceTypes : SYSTEMS.fhirTypes,
    code,
  }));
  const custodians = (providers ?? []).map((party) => ({
    role: concept(SYSTEMS.participation, 'CST'),
    reference: { type: 'Organization', ...partyReference(party) },
  }));
  const authors = devices?.map((reference) => ({ meaning: 'authoredby', reference: { type: 'Device', reference } }));
  const period = periodOf(rule.period);
  return {
    ...(period && { period }),
    actor: [actorOf(rule.subject), ...custodians],
    action: actions.map((action) => concept(SYSTEMS.action, action)),
    ...(labels && { securityLabel: labels.map((code) => ({ system: SYSTEMS.actCode, code })) }),
    ...(rule.purpose !== 'any' && { purpose: [{ system: SYSTEMS.reason, code: REASONS[rule.purpose] }] }),
    ...(classes && { [version === 'r4' ? 'class' : 'resourceType']: classes }),
    ...(codes && { code: codes.map((token) => concept(...splitToken(token))) }),
    ...(days && { dataPeriod: { ...(days.from && { start: days.from }), ...(days.to && { end: days.to }) } }),
    ...(authors && { data: authors }),
  };
}

function splitToken(token: string): [string, string] {
  const at = token.indexOf('|');
  return [token.slice(0, at), token.slice(at + 1)];
}

/** FHIR periods include their last second, ours end before it. */
function periodOf(period: PermissionRule['period']): Element | undefined {
  if (!period) return undefined;
  const { from, until } = period;
  return {
    ...(from !== undefined && { start: moment(from) }),
    ...(until !== undefined && { end: moment(until - 1) }),
  };
}

function moment(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function actorOf(subject: RuleSubject): Element {
  if ('party' in subject) {
    return { role: concept(SYSTEMS.participation, 'PRCP'), reference: partyReference(subject.party) };
  }
  if ('physiciansOf' in subject) {
    const provider = { type: 'Organization', ...partyReference(subject.physiciansOf) };
    return { role: concept(SUBJECT_ROLES, 'physicians-of'), reference: provider };
  }
  const display = subject.class === 'research' ? 'Any research center' : 'Any physician';
  return { role: concept(SUBJECT_ROLES, subject.class), reference: { display } };
}
