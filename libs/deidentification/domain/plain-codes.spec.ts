import { collectPlainCodes, plainCodeOf, withoutPlainCodes } from './plain-codes';
import { policyNamed } from './policies';

const policy = policyNamed('expert-1');
const keysOf = (row: object): string[] => {
  const keys = new Set<string>();
  collectPlainCodes(row as Record<string, unknown>, keys, policy);
  return [...keys];
};
const without = (row: object, ...rare: string[]) =>
  withoutPlainCodes(row as Record<string, unknown>, new Set(rare), policy);

const allergy = Object.freeze({
  resourceType: 'AllergyIntolerance',
  type: 'allergy',
  category: Object.freeze(['food', 'biologic']),
  criticality: 'high',
  reaction: Object.freeze([
    Object.freeze({ manifestation: 'm', severity: 'mild' }),
    Object.freeze({ severity: 'severe' }),
  ]),
});

describe('plain codes', () => {
  it('are counted under the place at which they stand, in objects and lists too', () => {
    expect(keysOf(allergy)).toEqual([
      'AllergyIntolerance.type|allergy',
      'AllergyIntolerance.category|food',
      'AllergyIntolerance.category|biologic',
      'AllergyIntolerance.criticality|high',
      'AllergyIntolerance.reaction.severity|mild',
      'AllergyIntolerance.reaction.severity|severe',
    ]);
    expect(keysOf({ resourceType: 'Patient', gender: 'other' })).toEqual([]);
  });

  it.each([
    ['Encounter.status|entered-in-error', 'entered-in-error'],
    ['AllergyIntolerance.reaction.severity|mild', 'mild'],
    ['Quantity.comparator|<', '<'],
    ['http://snomed.info/sct|44054006', undefined],
    ['urn:oid:2.16.840|x', undefined],
    ['Cel of http://loinc.org|8310-5', undefined],
    ['unit|kg', undefined],
  ])('are told from other keys: %s', (key, code) => {
    expect(plainCodeOf(key)).toBe(code);
  });

  it('leave a row alone that has no rare one', () => {
    expect(without(allergy, 'AllergyIntolerance.criticality|low')).toBe(allergy);
    expect(without({ resourceType: 'Patient', gender: 'other' }, 'Patient.gender|other')).toHaveProperty('gender');
  });

  it('go alone where the rest still says what it said', () => {
    expect(without(allergy, 'AllergyIntolerance.criticality|high', 'AllergyIntolerance.category|biologic')).toEqual({
      resourceType: 'AllergyIntolerance',
      type: 'allergy',
      category: ['food'],
      reaction: allergy.reaction,
    });
    const severities = ['AllergyIntolerance.reaction.severity|mild', 'AllergyIntolerance.reaction.severity|severe'];
    expect(without(allergy, ...severities)).toHaveProperty('reaction', [{ manifestation: 'm' }]);
    const categories = ['AllergyIntolerance.category|food', 'AllergyIntolerance.category|biologic'];
    expect(without(allergy, ...categories)).not.toHaveProperty('category');
  });

  it('take along what would say something else without them', () => {
    expect(
      without({ resourceType: 'Encounter', status: 'entered-in-error' }, 'Encounter.status|entered-in-error'),
    ).toBe(undefined);
    const timing = (periodUnit: string) => ({
      resourceType: 'MedicationRequest',
      status: 'active',
      dosageInstruction: [{ sequence: 1, timing: { repeat: { period: 3, periodUnit } } }],
    });
    const rare = 'MedicationRequest.dosageInstruction.timing.repeat.periodUnit|mo';
    expect(without(timing('mo'), rare)).toEqual({
      resourceType: 'MedicationRequest',
      status: 'active',
      dosageInstruction: [{ sequence: 1 }],
    });
    expect(without(timing('d'), rare)).toEqual(timing('d'));
  });
});
