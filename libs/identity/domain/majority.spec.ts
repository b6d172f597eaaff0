import { ageLimits } from './majority';

const at = (day: string) => Date.parse(`${day}T12:00:00Z`);

it.each([
  ['2026-06-01', 18, '2008-05', '2008-07'],
  ['2026-06-30', 18, '2008-05', '2008-07'],
  ['2026-07-01', 18, '2008-06', '2008-08'],
  ['2026-01-31', 18, '2007-12', '2008-02'],
  ['2026-12-01', 16, '2010-11', '2011-01'],
  ['2026-06-15', 21, '2005-05', '2005-07'],
])('on %s with %i years everybody up to %s is of age, and nobody from %s on', (day, years, adultUntil, minorFrom) => {
  expect(ageLimits(at(day), years)).toEqual({ adultUntil, minorFrom });
});

it('takes whoever has a birthday in this month for neither, on each day of it', () => {
  for (let day = 1; day <= 30; day += 1) {
    const { adultUntil, minorFrom } = ageLimits(at(`2026-06-${String(day).padStart(2, '0')}`), 18);
    expect('2008-06' > adultUntil && '2008-06' < minorFrom).toBe(true);
  }
});
