import { readFacts, RESOURCE_FACTS_MAX } from './facts';
import type { FhirResource } from './resource';

const observation: FhirResource = {
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '85354-9', display: 'Blood pressure' }] },
  encounter: { reference: 'urn:uuid:e1' },
  effectiveDateTime: '2012-02-08T23:43:19+11:00',
  component: [
    {
      code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }], text: 'Systolic' },
      valueQuantity: { value: 120.5, unit: 'mmHg', code: 'mm[Hg]' },
    },
  ],
};

describe('readFacts', () => {
  it('reads a panel with its components', () => {
    const { facts, texts } = readFacts(observation);
    const shared = { kind: 'observation', system: 'http://loinc.org', start: '2012-02-08', encounter: 'Encounter/e1' };
    expect(facts).toMatchObject([
      { ...shared, code: '85354-9', value: undefined },
      { ...shared, code: '8480-6', value: 120.5, unit: 'mm[Hg]' },
    ]);
    expect(texts.map(({ text }) => text)).toEqual(['Blood pressure', 'Systolic']);
  });

  it.each<[string, FhirResource, object[]]>([
    [
      'a condition with an end',
      {
        resourceType: 'Condition',
        id: 'c',
        code: { coding: [{ system: 's', code: '1' }] },
        onsetDateTime: '2001-02',
        abatementDateTime: '2003-04-05',
      },
      [{ kind: 'condition', code: '1', start: '2001-02-01', end: '2003-04-05' }],
    ],
    [
      'an encounter',
      {
        resourceType: 'Encounter',
        id: 'e',
        type: [{ coding: [{ system: 's', code: 'x' }] }],
        period: { start: '2001' },
      },
      [{ kind: 'encounter', code: 'x', start: '2001-01-01', encounter: 'Encounter/e' }],
    ],
    [
      'a contained medication',
      {
        resourceType: 'MedicationRequest',
        id: 'm',
        medicationReference: { reference: '#m1' },
        contained: [{ resourceType: 'Medication', id: 'm1', code: { coding: [{ system: 's', code: '9' }] } }],
        authoredOn: '2001-02-30',
      },
      [{ kind: 'medication', code: '9', start: undefined }],
    ],
    [
      'a result that is a code, once for each of its codings',
      {
        ...observation,
        component: [],
        valueCodeableConcept: {
          coding: [
            { system: 't', code: 'pos' },
            { system: 'u', code: '+' },
          ],
        },
      },
      [
        { code: '85354-9', value: undefined, resultSystem: 't', result: 'pos' },
        { code: '85354-9', value: undefined, resultSystem: 'u', result: '+' },
      ],
    ],
    [
      'results of components, and a result without a code as none',
      {
        ...observation,
        valueCodeableConcept: { text: 'never smoked' },
        component: [
          { code: { coding: [{ system: 's', code: 'q' }] }, valueCodeableConcept: { coding: [{ code: 'y' }] } },
        ],
      },
      [
        { code: '85354-9', resultSystem: '', result: '' },
        { code: 'q', resultSystem: '', result: 'y' },
      ],
    ],
    [
      'a bound',
      { ...observation, component: [], valueQuantity: { value: 5, comparator: '<', code: 'mg' } },
      [{ value: 5, comparator: '<', unit: 'mg' }],
    ],
    [
      'a comparator that FHIR does not have',
      { ...observation, component: [], valueQuantity: { value: 5, comparator: '~' } },
      [{ value: undefined, comparator: '', unit: '' }],
    ],
    [
      'the day of what was measured, not of what was written down later',
      {
        ...observation,
        component: [],
        effectiveDateTime: undefined,
        effectivePeriod: { start: '2020-01-15' },
        issued: '2020-02-10',
      },
      [{ start: '2020-01-15' }],
    ],
    [
      'the day on which it was written down, where there is no other',
      { ...observation, component: [], effectiveDateTime: undefined, issued: '2020-02-10' },
      [{ start: '2020-02-10' }],
    ],
    [
      'a stream from an instant',
      {
        ...{ ...observation, component: [], effectiveDateTime: undefined, effectiveInstant: '2020-01-01T00:00:00Z' },
        valueSampledData: { origin: { value: 0 }, period: 1000, dimensions: 1, data: '1 3' },
      },
      [{ start: '2020-01-01', value: 2 }],
    ],
    ['a whole number', { ...observation, component: [], valueInteger: 3 }, [{ value: 3, unit: '' }]],
    [
      'what a device measured',
      { ...observation, device: { identifier: { value: 'd' } } },
      [
        { code: '85354-9', device: true },
        { code: '8480-6', device: true },
      ],
    ],
    [
      'a stream as a number a day',
      {
        ...observation,
        component: [],
        effectiveDateTime: '2012-02-28T23:00:00+01:00',
        valueSampledData: { origin: { value: 0, code: '/min' }, period: 3_600_000, dimensions: 1, data: '60 80 90' },
      },
      [
        { start: '2012-02-28', value: 60, unit: '/min', device: true },
        { start: '2012-02-29', value: 85, unit: '/min', device: true },
      ],
    ],
    [
      'a stream without a number as one that was measured',
      {
        ...observation,
        component: [],
        valueSampledData: { origin: { value: 0 }, period: 10, dimensions: 3, data: '1 2 3' },
      },
      [{ start: '2012-02-08', value: undefined, device: true }],
    ],
    ['an error that says so', { ...observation, status: 'entered-in-error' }, []],
    ['a free text in a code', { ...observation, component: [], code: { coding: [{ code: 'seen by Jane' }] } }, []],
    ['a type without facts', { resourceType: 'Claim', id: 'x' }, []],
    ['parts of another form', { resourceType: 'Procedure', id: 'p', code: 'x', performedPeriod: 3 }, []],
  ])('reads %s', (_, resource, expected) => {
    expect(readFacts(resource).facts).toMatchObject(expected);
    expect(readFacts(resource).facts).toHaveLength(expected.length);
  });

  it('reads no more of one resource than is allowed', () => {
    const stream = { origin: { value: 0 }, period: 86_400_000, dimensions: 1, data: '1 '.repeat(4_000) };
    const code = { coding: [{ code: 'a' }, { code: 'b' }] };
    const component = Array.from({ length: 64 }, () => ({ code, valueSampledData: stream }));
    expect(readFacts({ ...observation, component }).facts).toHaveLength(RESOURCE_FACTS_MAX);
  });
});
