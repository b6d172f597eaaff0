import { findBallotShape } from './ballot';
import type { FhirResource } from './resource';

const shape = (resourceType: string, members: object) =>
  findBallotShape({ resourceType, id: 'x', ...members } as FhirResource)?.path;

describe('findBallotShape', () => {
  it.each([
    ['Condition', { context: {} }, 'Condition.context'],
    ['Condition', { verificationStatus: 'confirmed' }, 'Condition.verificationStatus'],
    ['Immunization', { date: '2011-10-05' }, 'Immunization.date'],
    ['Goal', { status: 'in-progress' }, 'Goal.status'],
    ['Encounter', { reason: [] }, 'Encounter.reason'],
    ['Claim', { total: { value: 125, system: 'urn:iso:std:iso:4217', code: 'USD' } }, 'Claim.total'],
  ])('knows %s %j', (type, members, path) => {
    expect(shape(type, members)).toBe(path);
  });

  it.each([
    ['Condition', { clinicalStatus: { coding: [] }, encounter: {} }],
    ['Goal', { lifecycleStatus: 'active', statusDate: '2019' }],
    ['MedicationStatement', { context: {} }],
    ['MedicationAdministration', { context: {} }],
    ['Claim', { total: { value: 125, currency: 'USD' } }],
    ['ExplanationOfBenefit', { total: [] }],
  ])('takes %s %j for R4', (type, members) => {
    expect(shape(type, members)).toBeUndefined();
  });
});
