import type { FhirResource } from '@aceso/fhir';
import { KeptBack } from './kept-back';
import type { SeenResource } from './timeline';

const seen = (resource: object, sourceRecordId = 'r'): SeenResource => ({
  resource: resource as FhirResource,
  category: {},
  sourceRecordId,
  bytes: 1,
});
const hiv = { resourceType: 'Observation', id: 'hiv' };
const kept = new KeptBack();
kept.add(seen(hiv));
const shown = (resource: object, permitted = true): unknown => kept.leaveOut(seen(resource), () => permitted).resource;

it.each([
  ['a name', { reference: 'Observation/hiv' }],
  ['a name with a text', { reference: 'Observation/hiv', display: 'HIV 1 RNA' }],
  ['an address', { reference: 'https://example.org/fhir/Observation/hiv/_history/2' }],
  ['a URN', { reference: 'urn:uuid:hiv' }],
])('leaves out %s of what is kept back, wherever it stands', (_, reference) => {
  const report = {
    resourceType: 'DiagnosticReport',
    id: 'd',
    result: [{ reference: 'Observation/iron' }, reference],
    focus: reference,
    extension: [{ url: 'x', valueReference: reference }],
    media: [{ link: reference, comment: 'c' }],
    basedOn: [reference],
  };
  expect(shown(report)).toEqual({
    resourceType: 'DiagnosticReport',
    id: 'd',
    result: [{ reference: 'Observation/iron' }],
    extension: [{ url: 'x' }],
    media: [{ comment: 'c' }],
  });
});

it('leaves other records, types and lists alone', () => {
  const report = {
    resourceType: 'DiagnosticReport',
    id: 'd',
    result: [{ reference: 'Condition/hiv' }],
    note: [],
    subject: { reference: 'Patient/p', display: 'P' },
  };
  expect(shown(report)).toEqual(report);
  const elsewhere = { ...report, result: [{ reference: 'Observation/hiv' }] };
  expect(kept.leaveOut(seen(elsewhere, 'other'), () => true).resource).toEqual(elsewhere);
});

it('judges what is contained by itself', () => {
  const report = {
    resourceType: 'DiagnosticReport',
    id: 'd',
    contained: [{ resourceType: 'Observation', id: 'in' }],
    result: [{ reference: '#in' }],
  };
  expect(shown(report)).toEqual(report);
  expect(shown(report, false)).toEqual({ resourceType: 'DiagnosticReport', id: 'd' });
  expect(new KeptBack().leaveOut(seen(report), () => false).resource).toEqual({
    resourceType: 'DiagnosticReport',
    id: 'd',
  });
});

it('knows a Provenance of nothing else', () => {
  const provenance = (...target: object[]) => seen({ resourceType: 'Provenance', id: 'v', target });
  const [hidden, other] = [{ reference: 'Observation/hiv' }, { reference: 'Observation/iron' }];
  expect(kept.isAllOf(provenance(hidden))).toBe(true);
  expect(kept.isAllOf(provenance(hidden, other))).toBe(false);
  expect(kept.isAllOf(provenance())).toBe(false);
  expect(kept.isAllOf(seen(hiv))).toBe(false);
});
