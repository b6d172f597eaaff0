import { readFacts } from './facts';
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
    ['an error that says so', { ...observation, status: 'entered-in-error' }, []],
    ['a free text in a code', { ...observation, component: [], code: { coding: [{ code: 'seen by Jane' }] } }, []],
    ['a type without facts', { resourceType: 'Claim', id: 'x' }, []],
    ['parts of another form', { resourceType: 'Procedure', id: 'p', code: 'x', performedPeriod: 3 }, []],
  ])('reads %s', (_, resource, expected) => {
    expect(readFacts(resource).facts).toMatchObject(expected);
    expect(readFacts(resource).facts).toHaveLength(expected.length);
  });
});
