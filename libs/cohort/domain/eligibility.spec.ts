import { judgeEligibility } from './eligibility';

const context = { discoverable: true, day: '2019-05-31', adultAgeYears: 18 };
const adult = { birthMonth: '1980-02', deceased: false };

describe('who is asked', () => {
  it('asks a minor for whom somebody with authority permits discovery', () => {
    const minor = { birthMonth: '2010-02', deceased: false };
    expect(judgeEligibility(minor, { ...context, inCare: true })).toEqual({ eligible: true });
    expect(judgeEligibility({ ...minor, deceased: true }, { ...context, inCare: true })).toMatchObject({
      reason: 'DECEASED',
    });
  });

  it('asks a living adult who permits discovery', () => {
    expect(judgeEligibility(adult, context)).toEqual({ eligible: true });
  });

  it.each([
    ['without a bound record', null, context, 'NOT_INDEXED'],
    ['who has died', { ...adult, deceased: true }, context, 'DECEASED'],
    ['whose birth month is not known', { ...adult, birthMonth: null }, context, 'UNKNOWN_BIRTH'],
    ['who is a minor', { ...adult, birthMonth: '2010-02' }, context, 'MINOR'],
    ['who may still be a minor', { ...adult, birthMonth: '2001-05' }, context, 'MINOR'],
    ['who does not permit discovery', adult, { ...context, discoverable: false }, 'NOT_DISCOVERABLE'],
  ])('does not ask a person %s', (_, person, at, reason) => {
    expect(judgeEligibility(person, at)).toEqual({ eligible: false, reason });
  });
});
