import fc from 'fast-check';
import { bornAtEarliest, bornAtLatest, surelyReached } from './age';

describe('age from a birth month', () => {
  it.each([
    ['the month before the birthday’s month is sure', '2001-05', '2019-06-01', true],
    ['in the month of the birthday it is not, not even on its last day', '2001-06', '2019-06-30', false],
    ['January asks for December of the year before', '2000-12', '2019-01-15', true],
    ['January of the year itself is not sure', '2001-01', '2019-01-31', false],
    ['a year alone counts as its December', '2000', '2019-01-15', true],
    ['a year alone is not sure before its December has passed', '2001', '2019-12-31', false],
  ])('%s', (_, birthMonth, day, adult) => {
    expect(surelyReached(birthMonth, day, 18)).toBe(adult);
  });

  it('gives the months between which every child has an age', () => {
    expect(bornAtLatest('2019-05-31', 40)).toBe('1979-04');
    expect(bornAtEarliest('2019-05-31', 70)).toBe('1948-06');
  });

  it('never calls anybody of age whom a birthday on any day of the month would make a minor', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1900, max: 2030 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 28 }),
        fc.date({ min: new Date('1950-01-01'), max: new Date('2040-12-31'), noInvalidDate: true }),
        (year, month, dayOfBirth, at) => {
          const day = at.toISOString().slice(0, 10);
          const birthMonth = `${year}-${String(month).padStart(2, '0')}`;
          const birth = `${birthMonth}-${String(dayOfBirth).padStart(2, '0')}`;
          const exact = Number(day.slice(0, 4)) - year - (day.slice(5) < birth.slice(5) ? 1 : 0);
          if (surelyReached(birthMonth, day, 18)) expect(exact).toBeGreaterThanOrEqual(18);
          if (birthMonth >= bornAtEarliest(day, 70)) expect(exact).toBeLessThanOrEqual(70);
          if (exact >= 19) expect(surelyReached(birthMonth, day, 18)).toBe(true);
        },
      ),
    );
  });

  it('refuses what is not a day', () => {
    expect(() => bornAtLatest('2019-05', 18)).toThrow('YYYY-MM-DD');
  });
});
