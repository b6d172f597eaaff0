import fc from 'fast-check';
import { birthMonthOf, birthWindow } from './birth-window';
import { policyNamed } from './policies';
import { ageBand, quasiIdentifiers } from './quasi-identifiers';

describe('the months of birth behind an age band', () => {
  const policy = policyNamed('safe-harbor');
  const month = (n: number): string => `${1800 + Math.floor(n / 12)}-${String((n % 12) + 1).padStart(2, '0')}`;

  it('are those whose age lies in the band, and no others', () => {
    const widths = fc.constantFrom<5 | 10 | 20 | 40>(5, 10, 20, 40);
    fc.assert(
      fc.property(
        fc.integer({ min: 120 * 12, max: 225 * 12 }),
        fc.integer({ min: -3, max: 3 }),
        widths,
        (born, off, years) => {
          const asOf = `${month(226 * 12 + 2)}-15`;
          const bandOf = (n: number) => {
            const age = quasiIdentifiers({ birthMonth: month(n) }, asOf, policy).age;
            return age === null ? null : ageBand(age, years);
          };
          const { first, last } = birthWindow(bandOf(born)!, asOf);
          expect(first <= born && born <= last).toBe(true);
          for (const end of [first, last, first - 1, last + 1, born + off].filter((n) => n >= 0))
            expect(bandOf(end) === bandOf(born)).toBe(first <= end && end <= last);
        },
      ),
    );
  });

  it('hold the month that stands for a year alone', () => {
    for (const birthMonth of ['1935', '1936', '1950', '1980']) {
      const judged = quasiIdentifiers({ birthMonth }, '2026-03-01', policy);
      const { first, last } = birthWindow(ageBand(judged.age!, 5), '2026-03-01');
      const own = birthMonthOf({ birthMonth }, judged)!;
      expect(first <= own && own <= last).toBe(true);
    }
    expect(birthMonthOf({ birthMonth: null }, { age: 4 })).toBeNull();
  });
});
