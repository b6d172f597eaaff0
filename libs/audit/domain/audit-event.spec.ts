import { AUDIT_ACTS, auditEventOf, type ToldEvent } from '.';

const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const event = (changes: Partial<ToldEvent>): ToldEvent => ({
  id: id(1),
  act: 'record.opened',
  actorId: id(2),
  subjectId: id(3),
  objectType: null,
  objectId: null,
  outcome: 'permitted',
  reason: null,
  purpose: null,
  providerId: null,
  ledgerEntryId: null,
  occurredAt: new Date('2026-05-04T03:02:01.000Z'),
  ...changes,
});
const uuid = (n: number) => ({ identifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id(n)}` } });

it('a read of a patient is the Read of BALP with its patient', () => {
  expect(auditEventOf(event({ ledgerEntryId: id(4) }), 'aceso.example')).toMatchObject({
    resourceType: 'AuditEvent',
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ code: 'read' }, { system: 'urn:aceso:act', code: 'record.opened' }],
    action: 'R',
    recorded: '2026-05-04T03:02:01.000Z',
    outcome: '0',
    agent: [
      { type: { coding: [{ code: '110153' }] }, who: { identifier: { value: 'aceso.example' } }, requestor: false },
      { type: { coding: [{ code: 'IRCP' }] }, who: uuid(2), requestor: true },
    ],
    entity: [
      { what: { type: 'Patient', ...uuid(3) }, type: { code: '1' }, role: { code: '1' } },
      { what: uuid(4), type: { code: '2' }, role: { code: '13' } },
    ],
  });
});

it('a fetched package is a disclosure with its recipient, and no person', () => {
  const told = auditEventOf(
    event({ act: 'package.fetched', subjectId: null, objectType: 'order', objectId: id(5) }),
    'aceso.example',
  );
  expect(told).toMatchObject({
    type: { code: '110106' },
    subtype: [{ code: 'disclose' }, { code: 'package.fetched' }],
    agent: [{ type: { coding: [{ code: '110153' }] } }, { type: { coding: [{ code: '110152' }] }, who: uuid(2) }],
    entity: [{ what: uuid(5), name: 'order' }],
  });
  expect(JSON.stringify(told)).not.toContain('Patient');
});

it.each([
  ['of a person', id(3), 'AuthZ-Consent'],
  ['of nobody', null, 'AuthZ-Role'],
])('a refusal %s is an authorization decision with its code, whatever was asked', (_, subjectId, code) => {
  const refused = event({ act: 'query.order', outcome: 'refused', reason: 'NOT_FOUND', subjectId });
  expect(auditEventOf(refused, 'aceso.example')).toMatchObject({
    type: { code: '110113' },
    subtype: [{ code }, { code: 'query.order' }],
    action: 'E',
    outcome: '8',
    outcomeDesc: 'NOT_FOUND',
    agent: [{ type: { coding: [{ code: 'authserver' }] } }, { type: { coding: [{ code: 'IRCP' }] } }],
  });
});

it('a physician acts for a provider, for a purpose', () => {
  expect(auditEventOf(event({ purpose: 'treatment', providerId: id(6) }), 'aceso.example')).toMatchObject({
    agent: [
      {},
      { purposeOfUse: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'TREAT' }] }] },
      { type: { coding: [{ code: 'PROV' }] }, who: uuid(6), requestor: false },
    ],
  });
});

it('what the instance does by itself is its own request', () => {
  const { agent } = auditEventOf(event({ actorId: null }), 'aceso.example') as { agent: object[] };
  expect(agent).toEqual([expect.objectContaining({ requestor: true })]);
});

it.each(Object.keys(AUDIT_ACTS))('%s has all that FHIR R4 requires', (act) => {
  const told = auditEventOf(event({ act }), 'aceso.example');
  for (const name of ['type', 'recorded', 'agent', 'source']) expect(told[name]).toBeDefined();
});
