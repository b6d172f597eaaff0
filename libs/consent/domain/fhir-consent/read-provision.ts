import { RESOURCE_TYPES, textOf, type JsonObject } from '@aceso/fhir';
import { isUuid } from '@aceso/kernel';
import type { PermissionRule, Purpose, RuleCategory, RuleSubject } from '../permission/rule';
import { CATEGORY_VALUES_MAX } from '../permission/rule';
import { SENSITIVITY_LABELS, type SensitivityLabel } from '../permission/sensitivity';
import { readDays, readPeriod } from './read-period';
import { codeAt, codesOf, elementOf, elementsOf, onlyCode, onlyMembers, refuse } from './reading';
import { REASONS, RECIPIENTS, SUBJECT_ROLES, SYSTEMS, type FhirVersion } from './terms';

/** A party that a reference of a foreign document means. */
export interface NamedParty {
  readonly party: string;
  readonly role: 'provider' | 'physician' | 'researcher';
}

/** Looks up what a literal reference (`Organization/f001`) means here; undefined for nobody. */
export type FindParty = (reference: string) => NamedParty | undefined;

export interface ReadContext {
  readonly version: FhirVersion;
  readonly findParty: FindParty;
}

/** What one provision itself says; absent parts are those of the provision above it. */
export interface Criteria {
  readonly subjects?: readonly RuleSubject[];
  readonly category: RuleCategory;
  readonly purposes?: readonly Purpose[];
  readonly period?: PermissionRule['period'];
  /** Codes of consentaction. */
  readonly actions?: readonly string[];
  /** Physicians whom the provision names: they are physicians where a class is narrowed. */
  readonly physicians: readonly string[];
}

const MEMBERS: { readonly [version in FhirVersion]: readonly string[] } = {
  r4: 'type period actor action securityLabel purpose class code dataPeriod data provision'.split(' '),
  r5: 'period actor action securityLabel purpose resourceType code dataPeriod data provision'.split(' '),
};

/** Reads the criteria of one provision. Throws FHIR_CONSENT_NOT_EXPRESSIBLE or FHIR_CONSENT_MALFORMED with the path. */
export function readCriteria(provision: JsonObject, path: string, context: ReadContext): Criteria {
  onlyMembers(provision, MEMBERS[context.version], path);
  const actors = elementsOf(provision, 'actor', path).map(([actor, at]) => readActor(actor, at, context));
  const data = elementsOf(provision, 'data', path).map(([item, at]) => readAuthor(item, at, context));
  const subjects = actors.flatMap(({ subjects }) => subjects);
  const custodians = actors.flatMap(({ providers }) => providers);
  const authors = data.flatMap(({ providers }) => providers);
  if (custodians.length > 0 && authors.length > 0) refuse(`${path}.data`, 'names authors beside custodians');
  const providers = [...custodians, ...authors];
  const devices = data.flatMap(({ devices }) => devices);
  if (authors.length > 0 && devices.length > 0) refuse(`${path}.data`, 'names providers or devices, whichever fits');
  const category = {
    ...named('types', readTypes(provision, path, context.version), path),
    ...named('codes', readCodes(provision, path), path),
    ...named('labels', readLabels(provision, path), path),
    ...named('providers', providers, path),
    ...named('devices', devices, path),
  } as RuleCategory;
  const days = readDays(provision, path);
  const purposes = elementsOf(provision, 'purpose', path).map(([coding, at]) => readPurpose(coding, at));
  const actions = elementsOf(provision, 'action', path).map(([each, at]) => readAction(each, at));
  const period = readPeriod(provision, 'period', path);
  return {
    ...(subjects.length > 0 && { subjects }),
    category: { ...category, ...(days && { days }) },
    ...(purposes.length > 0 && { purposes }),
    ...(period && { period }),
    ...(actions.length > 0 && { actions }),
    physicians: actors.flatMap(({ physicians }) => physicians),
  };
}

function named(part: string, values: readonly string[], path: string): { readonly [part: string]: readonly string[] } {
  if (values.length > CATEGORY_VALUES_MAX) refuse(path, `more than ${CATEGORY_VALUES_MAX} values of one kind`);
  return values.length > 0 ? { [part]: [...new Set(values)] } : {};
}

function readTypes(provision: JsonObject, path: string, version: FhirVersion): string[] {
  const element = version === 'r4' ? 'class' : 'resourceType';
  return elementsOf(provision, element, path).map(([coding, at]) => {
    const { system, code } = codeAt(coding, at);
    const isType = system === SYSTEMS.resourceTypes || system === SYSTEMS.fhirTypes;
    if (!isType || !RESOURCE_TYPES.has(code)) refuse(at, 'is no FHIR R4 resource type');
    return code;
  });
}

function readCodes(provision: JsonObject, path: string): string[] {
  return elementsOf(provision, 'code', path).flatMap(([concept, at]) =>
    codesOf(concept, at).map(({ system, code, path: codePath }) => {
      const token = `${system}|${code}`;
      if (!/^[^\s|\p{C}]{1,200}\|[^\s|\p{C}]{1,64}$/u.test(token)) refuse(codePath, 'does not fit system|code');
      return token;
    }),
  );
}

/** Several labels might mean all or any of them, and levels of confidentiality mean themselves and all below. */
function readLabels(provision: JsonObject, path: string): string[] {
  return elementsOf(provision, 'securityLabel', path).map(([coding, at]) => {
    const { system, code } = codeAt(coding, at);
    if (system !== SYSTEMS.actCode || !SENSITIVITY_LABELS.includes(code as SensitivityLabel)) {
      refuse(at, `is none of the labels ${SENSITIVITY_LABELS.join(', ')} of v3 ActCode`);
    }
    return code;
  });
}

function readPurpose(coding: JsonObject, path: string): Purpose {
  const { system, code } = codeAt(coding, path);
  const purpose = (Object.keys(REASONS) as Purpose[]).find((each) => REASONS[each] === code);
  if (system !== SYSTEMS.reason || !purpose) refuse(path, 'rules know TREAT, ETREAT and HRESCH of v3 ActReason');
  return purpose;
}

function readAction(concept: JsonObject, path: string): string {
  const { system, code } = onlyCode(concept, path);
  if (system !== SYSTEMS.action) refuse(path, 'is no code of consentaction');
  return code;
}

type Actor = Pick<Criteria, 'physicians'> & {
  readonly subjects: readonly RuleSubject[];
  readonly providers: readonly string[];
};

function readActor(actor: JsonObject, path: string, context: ReadContext): Actor {
  onlyMembers(actor, ['role', 'reference'], path);
  const role = elementOf(actor, 'role', path);
  if (!role) refuse(path, 'does not say what the actor does');
  const { system, code, path: rolePath } = onlyCode(role, `${path}.role`);
  const reference = elementOf(actor, 'reference', path) ?? {};
  const at = `${path}.reference`;
  const nothing = { subjects: [], providers: [], physicians: [] };
  if (system === SUBJECT_ROLES) {
    if (code === 'physicians-of') {
      return { ...nothing, subjects: [{ physiciansOf: uuidOf(reference) ?? refuse(at, 'is no party of this kind') }] };
    }
    if (code === 'physicians' || code === 'research') return { ...nothing, subjects: [{ class: code }] };
  }
  if (system === SYSTEMS.participation && code === 'CST') {
    return { ...nothing, providers: [providerOf(reference, at, context)] };
  }
  if (system !== SYSTEMS.participation || !RECIPIENTS.has(code))
    refuse(rolePath, 'rules know recipients and custodians');
  const party = uuidOf(reference);
  if (party) return { ...nothing, subjects: [{ party }] };
  const found = partyOf(reference, at, context);
  const physicians = found.role === 'physician' ? [found.party] : [];
  // An organisation receives through its people: rules name both.
  const people = found.role === 'provider' ? [{ physiciansOf: found.party }] : [];
  return { providers: [], subjects: [{ party: found.party }, ...people], physicians };
}

function readAuthor(
  data: JsonObject,
  path: string,
  context: ReadContext,
): { readonly providers: readonly string[]; readonly devices: readonly string[] } {
  onlyMembers(data, ['meaning', 'reference'], path);
  if (data.meaning !== 'authoredby') refuse(`${path}.meaning`, 'rules name no single resource, only who wrote it');
  const reference = elementOf(data, 'reference', path) ?? {};
  const literal = textOf(reference.reference);
  if (literal !== undefined && (reference.type === 'Device' || literal.startsWith('Device/'))) {
    if (!/^[^\s\p{C}]{1,200}$/u.test(literal)) refuse(`${path}.reference`, 'is too long or has spaces');
    return { providers: [], devices: [literal] };
  }
  return { providers: [providerOf(reference, `${path}.reference`, context)], devices: [] };
}

function providerOf(reference: JsonObject, path: string, context: ReadContext): string {
  const party = uuidOf(reference);
  if (party) return party;
  const found = partyOf(reference, path, context);
  return found.role === 'provider' ? found.party : refuse(path, 'is no provider');
}

function partyOf(reference: JsonObject, path: string, { findParty }: ReadContext): NamedParty {
  const literal = textOf(reference.reference);
  return (literal === undefined ? undefined : findParty(literal)) ?? refuse(path, 'say which party here this is');
}

/** UUID of a party in a logical reference, as we write it. */
function uuidOf(reference: JsonObject): string | undefined {
  const identifier = elementOf(reference, 'identifier', 'reference');
  const value = identifier?.system === SYSTEMS.uri ? textOf(identifier.value) : undefined;
  const uuid = value?.startsWith('urn:uuid:') ? value.slice('urn:uuid:'.length) : undefined;
  return uuid !== undefined && isUuid(uuid) ? uuid : undefined;
}
