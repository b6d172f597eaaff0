import { judgeEligibility } from './eligibility';

const context = { discoverable: true, care: null, day: '2019-05-31', adultAgeYears: 18 };
const of = (care: 'parent' | 'court' | 'proxy') => ({ ...context, care });
const adult = { birthMonth: '1980-02', deceased: false };

describe('who is asked', () => {
  it.each([
    ['a minor by the word of a parent', '2010-02', 'parent', true],
    ['a minor that comes of age next month', '2001-06', 'parent', true],
    ['nobody who may come of age this month by a parent', '2001-05', 'parent', 'MINOR'],
    ['nobody who was born in a year of which some are of age by a parent', '2001', 'parent', 'MINOR'],
    ['a minor of whom only the year is known', '2002', 'parent', true],
    ['no adult by what a parent once said', '2001-04', 'parent', 'NOT_DISCOVERABLE'],
    ['an adult by its proxy', '2001-04', 'proxy', true],
    ['no minor by a proxy', '2001-05', 'proxy', 'MINOR'],
    ['whom a court put in care', '2010-02', 'court', true],
    ['whom a court put in care, whose birth is not known', null, 'court', true],
  ] as const)('asks %s', (_, birthMonth, care, expected) => {
    const found = judgeEligibility({ birthMonth, deceased: false }, of(care));
    expect(found).toEqual(expected === true ? { eligible: true } : { eligible: false, reason: expected });
    expect(judgeEligibility({ birthMonth, deceased: true }, of(care))).toMatchObject({ reason: 'DECEASED' });
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
