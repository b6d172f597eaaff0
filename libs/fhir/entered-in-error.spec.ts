import { isEnteredInError } from './entered-in-error';

describe('what a provider has taken back', () => {
  const concept = (code: string) => ({ coding: [{ system: 'http://example.org' }, { code }] });
  it.each([
    ['Observation', { status: 'entered-in-error' }],
    ['Encounter', { status: 'entered-in-error' }],
    ['Condition', { verificationStatus: concept('entered-in-error') }],
    ['AllergyIntolerance', { verificationStatus: concept('entered-in-error') }],
    ['Goal', { lifecycleStatus: 'entered-in-error' }],
    ['DocumentReference', { status: 'current', docStatus: 'entered-in-error' }],
  ])('is a %s with %o', (resourceType, members) => {
    expect(isEnteredInError({ resourceType, id: 'a', ...members })).toBe(true);
  });

  it.each([
    [{ status: 'final' }],
    [{ status: 'cancelled' }],
    [{ status: ['entered-in-error'] }],
    [{ verificationStatus: concept('refuted') }],
    [{ verificationStatus: 'entered-in-error' }],
    [{ note: [{ text: 'entered-in-error' }] }],
    [{}],
  ])('is not %o', (members) => {
    expect(isEnteredInError({ resourceType: 'Observation', id: 'a', ...members })).toBe(false);
  });
});
