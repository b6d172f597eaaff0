import type { JsonObject } from '@aceso/fhir';
import type { PermissionRule } from '../permission/rule';
import { readPeriod } from './read-period';
import { elementOf, elementsOf, malformed, onlyCode, onlyMembers, refuse } from './reading';
import { RULES_POLICY, SYSTEMS, type FhirVersion } from './terms';

/** What a Consent says above its provisions. */
export interface HeadReading {
  /** Whether everyone is permitted whom no provision speaks of. */
  readonly permits: boolean;
  readonly basePath: string;
  readonly period: PermissionRule['period'];
  readonly provisions: readonly (readonly [JsonObject, string])[];
  /** True when it names our policy. */
  readonly isOurs: boolean;
}

/** Members that say nothing about what is permitted. */
const SILENT =
  'resourceType meta language text contained identifier category sourceAttachment sourceReference verification';
const R4_MEMBERS = `${SILENT} status scope patient dateTime performer organization policy policyRule provision`.split(
  ' ',
);
const R5_MEMBERS =
  `${SILENT} status subject date period grantor manager controller policyBasis policyText regulatoryBasis decision provision`.split(
    ' ',
  );

export function readHead(document: JsonObject, version: FhirVersion): HeadReading {
  onlyMembers(document, version === 'r4' ? R4_MEMBERS : R5_MEMBERS, 'Consent');
  if (document.status !== 'active') refuse('Consent.status', 'only an active consent permits or denies');
  return version === 'r4' ? readR4(document) : readR5(document);
}

function readR4(document: JsonObject): HeadReading {
  const scope = elementOf(document, 'scope', 'Consent') ?? malformed('Consent.scope', 'is missing');
  const { system, code, path } = onlyCode(scope, 'Consent.scope');
  if (system !== SYSTEMS.scope || code !== 'patient-privacy') refuse(path, 'rules are about privacy: patient-privacy');
  requireOwn(document, { patient: 'patient', signers: 'performer' });
  const isOurs = readPolicies(elementsOf(document, 'policy', 'Consent'));
  const base =
    elementOf(document, 'policyRule', 'Consent') ?? refuse('Consent.policyRule', 'says whether the base permits');
  const rule = onlyCode(base, 'Consent.policyRule');
  if (rule.system !== SYSTEMS.actCode || !['OPTIN', 'OPTOUT'].includes(rule.code)) {
    refuse(rule.path, 'is a policy that is not read: OPTIN and OPTOUT are');
  }
  const root = elementOf(document, 'provision', 'Consent') ?? {};
  const basis = { permits: rule.code === 'OPTIN', basePath: 'Consent.policyRule', isOurs };
  // The definition gives the root no type; HL7's own examples do, and then it is an exception like any other.
  if (root.type !== undefined) return { ...basis, period: undefined, provisions: [[root, 'Consent.provision']] };
  const silent = Object.keys(root).find((name) => !['id', 'extension', 'period', 'provision'].includes(name));
  if (silent) {
    refuse(`Consent.provision.${silent}`, 'without a type it may be a condition of the base or an exception from it');
  }
  const provisions = elementsOf(root, 'provision', 'Consent.provision');
  return { ...basis, period: readPeriod(root, 'period', 'Consent.provision'), provisions };
}

function readR5(document: JsonObject): HeadReading {
  requireOwn(document, { patient: 'subject', signers: 'grantor' });
  const policy = elementOf(document, 'policyBasis', 'Consent');
  const isOurs = policy ? readPolicies([[{ uri: policy.url }, 'Consent.policyBasis']]) : false;
  if (document.decision !== 'permit' && document.decision !== 'deny') {
    refuse('Consent.decision', 'says whether the base permits');
  }
  return {
    permits: document.decision === 'permit',
    basePath: 'Consent.decision',
    period: readPeriod(document, 'period', 'Consent'),
    provisions: elementsOf(document, 'provision', 'Consent'),
    isOurs,
  };
}

/** What another policy permits is not in the document. */
function readPolicies(policies: readonly (readonly [JsonObject, string])[]): boolean {
  for (const [policy, path] of policies) {
    if (policy.uri !== RULES_POLICY) refuse(path, 'refers to rules that are not in the document');
  }
  return policies.length > 0;
}

/** Whoever signs rules is the patient: what somebody else agreed to is not for the patient to take over unseen. */
function requireOwn(
  document: JsonObject,
  { patient, signers }: { readonly patient: string; readonly signers: string },
): void {
  const own = elementOf(document, patient, 'Consent')?.reference;
  for (const [signer, path] of elementsOf(document, signers, 'Consent')) {
    if (own === undefined || signer.reference !== own) refuse(path, 'somebody else than the patient agreed to it');
  }
}
