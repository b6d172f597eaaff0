import { auditShapeOf, type AuditShape } from './audit-acts';

/** What is told of an access event; ids are UUIDs. */
export interface ToldEvent {
  readonly id: string;
  readonly act: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly objectType: string | null;
  readonly objectId: string | null;
  readonly outcome: 'permitted' | 'refused';
  readonly reason: string | null;
  /** What it was done for: `treatment`, `emergency`, `research`; null or another word where it has no code. */
  readonly purpose: string | null;
  /** The provider for whom a physician acted. */
  readonly providerId: string | null;
  readonly ledgerEntryId: string | null;
  readonly occurredAt: Date;
}

type Element = { readonly [name: string]: unknown };

const DICOM = 'http://dicom.nema.org/resources/ontology/DCM';
const TERMINOLOGY = 'http://terminology.hl7.org/CodeSystem';
const REST_TYPE = { system: `${TERMINOLOGY}/audit-event-type`, code: 'rest' };
const INTERACTION = 'http://hl7.org/fhir/restful-interaction';
/** Our acts as codes. */
export const ACT_SYSTEM = 'urn:aceso:act';
/** HL7 v3 ActReason of our purposes. */
const REASONS = new Map([
  ['treatment', 'TREAT'],
  ['emergency', 'ETREAT'],
  ['research', 'HRESCH'],
]);
const BALP_AUTHORIZATION = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType';

interface Coded {
  readonly type: Element;
  readonly subtype?: Element;
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
}

const rest = (interaction: string, action: Coded['action']): Coded => ({
  type: REST_TYPE,
  subtype: { system: INTERACTION, code: interaction },
  action,
});
const dicom = (code: string, action: Coded['action'], subtype?: Element): Coded => ({
  type: { system: DICOM, code },
  ...(subtype && { subtype }),
  action,
});

/** BALP: Read, Query, Create, Update, Delete, PrivacyDisclosure.Source; DICOM PS3.16 CID 400 and 401 for the rest. */
export const SHAPES: { readonly [shape in AuditShape]: Coded } = {
  read: rest('read', 'R'),
  query: rest('search', 'E'),
  create: rest('create', 'C'),
  update: rest('update', 'U'),
  delete: rest('delete', 'D'),
  disclosure: dicom('110106', 'R', { system: `${TERMINOLOGY}/iso-21089-lifecycle`, code: 'disclose' }),
  export: dicom('110106', 'R'),
  emergency: dicom('110113', 'E', { system: DICOM, code: '110127' }),
  receipt: dicom('110101', 'R'),
  login: dicom('110114', 'E', { system: DICOM, code: '110122' }),
  security: dicom('110113', 'E', { system: DICOM, code: '110137' }),
  activity: dicom('110100', 'E'),
};

/**
 * An access event as FHIR R4 AuditEvent (https://hl7.org/fhir/R4/auditevent.html) in the shapes of IHE BALP. A refusal is an
 * authorization decision (BALP AuthZ) with outcome 8 and its code; records are named, never quoted. Network addresses and client
 * programs are not in it, as the access log keeps none. `origin` names the instance.
 */
export function auditEventOf(event: ToldEvent, origin: string): Element {
  const { type, subtype, action } = codesOf(event);
  const instance = { identifier: { value: origin } };
  return {
    resourceType: 'AuditEvent',
    id: event.id,
    type,
    subtype: [...(subtype ? [subtype] : []), { system: ACT_SYSTEM, code: event.act }],
    action,
    recorded: event.occurredAt.toISOString(),
    outcome: event.outcome === 'permitted' ? '0' : '8',
    ...(event.reason && { outcomeDesc: event.reason }),
    agent: agentsOf(event, instance),
    source: {
      site: origin,
      observer: instance,
      type: [{ system: `${TERMINOLOGY}/security-source-type`, code: '4' }],
    },
    ...entitiesOf(event),
  };
}

function codesOf({ act, outcome, subjectId }: ToldEvent): Coded {
  if (outcome === 'permitted') return SHAPES[auditShapeOf(act) ?? 'activity'];
  return dicom('110113', 'E', { system: BALP_AUTHORIZATION, code: subjectId ? 'AuthZ-Consent' : 'AuthZ-Role' });
}

function agentsOf({ act, actorId, outcome, purpose, providerId }: ToldEvent, instance: Element): Element[] {
  const isDisclosure = outcome === 'permitted' && auditShapeOf(act) === 'disclosure';
  const role = (system: string, code: string): Element => ({ coding: [{ system, code }] });
  const server =
    outcome === 'refused' ? role(`${TERMINOLOGY}/extra-security-role-type`, 'authserver') : role(DICOM, '110153');
  const user = isDisclosure ? role(DICOM, '110152') : role(`${TERMINOLOGY}/v3-ParticipationType`, 'IRCP');
  return [
    { type: server, who: instance, requestor: actorId === null },
    ...(actorId ? [{ type: user, who: reference(actorId), requestor: true, ...purposeOf(purpose) }] : []),
    ...(providerId
      ? [{ type: role(`${TERMINOLOGY}/v3-RoleClass`, 'PROV'), who: reference(providerId), requestor: false }]
      : []),
  ];
}

function purposeOf(purpose: string | null): { readonly purposeOfUse?: Element[] } {
  const code = purpose === null ? undefined : REASONS.get(purpose);
  return code ? { purposeOfUse: [{ coding: [{ system: `${TERMINOLOGY}/v3-ActReason`, code }] }] } : {};
}

function entitiesOf({ subjectId, objectType, objectId, ledgerEntryId }: ToldEvent): { readonly entity?: Element[] } {
  const object = (code: string): Element => ({ system: `${TERMINOLOGY}/object-role`, code });
  const type = (code: string): Element => ({ system: `${TERMINOLOGY}/audit-entity-type`, code });
  const entities: Element[] = [];
  if (subjectId)
    entities.push({ what: { type: 'Patient', ...reference(subjectId) }, type: type('1'), role: object('1') });
  if (objectType && objectId) {
    entities.push({ what: reference(objectId), type: type('2'), role: object('4'), name: objectType });
  }
  if (ledgerEntryId) {
    entities.push({ what: reference(ledgerEntryId), type: type('2'), role: object('13'), name: 'ledger-entry' });
  }
  return entities.length > 0 ? { entity: entities } : {};
}

function reference(uuid: string): Element {
  return { identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${uuid}` } };
}
