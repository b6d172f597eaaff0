import type { PartyId } from '@aceso/kernel';
import { requireSayable, type AccessEventInput } from './access-event';

const PERSON = '11111111-1111-4111-8111-111111111111';
const event = (change: Partial<AccessEventInput>): AccessEventInput => ({
  act: 'record.opened',
  actorId: PERSON as PartyId,
  outcome: 'permitted',
  ...change,
});

it.each([
  ['of a person', { subjectId: PERSON }],
  ['of a person and a record', { subjectId: PERSON, objectType: 'source-record', objectId: PERSON }],
  ['of an order', { objectType: 'order', objectId: PERSON, detail: { stage: 'plan' } }],
  ['of a refusal', { outcome: 'refused', reason: 'GATE_MOVED' }],
] as const)('lets an event pass: %s', (_, change) => {
  expect(() => requireSayable(event(change))).not.toThrow();
});

it.each([
  [
    'that names a person and an order',
    { subjectId: PERSON, objectType: 'order', objectId: PERSON },
    'EVENT_JOINS_PERSON_AND_ORDER',
  ],
  ['whose act is a sentence', { act: 'Opened the record' }, 'EVENT_MALFORMED'],
  ['whose reason is a sentence', { reason: 'because of diabetes' }, 'EVENT_MALFORMED'],
  ['whose object has no id', { objectType: 'upload' }, 'EVENT_MALFORMED'],
  ['whose object has no type', { objectId: PERSON }, 'EVENT_MALFORMED'],
  ['whose object type is free text', { objectType: 'Patient X', objectId: PERSON }, 'EVENT_MALFORMED'],
] as const)('refuses an event %s', (_, change, code) => {
  expect(() => requireSayable(event(change))).toThrow(expect.objectContaining({ code }));
});
