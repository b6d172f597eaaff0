import * as fc from 'fast-check';
import { dayNumber, dayText } from './calendar';
import { eventWindow, releasedDates } from './event-dates';
import type { DateRule } from './policy';

const SHIFT: DateRule = { kind: 'shift', daysMax: 182 };
const YEAR: DateRule = { kind: 'year' };
const asOf = dayNumber(2020, 6, 15);
const window = eventWindow({ asOf, rule: SHIFT, historyYearsMax: 89 });

describe('event window', () => {
  it('closes both ends by the largest shift', () => {
    expect(dayText(window.first)).toBe('1931-07-02'); // 1931-01-01 + 182 days
    expect(dayText(window.last)).toBe('2019-12-16'); // 2020-06-15 − 182 days
  });

  it('needs no margin where dates are cut to years', () => {
    const years = eventWindow({ asOf, rule: YEAR, historyYearsMax: 89 });
    expect([dayText(years.first), dayText(years.last)]).toEqual(['1931-01-01', '2020-06-15']);
  });

  it('shows the same last day whatever the shift: the end of the stream does not reveal it', () => {
    for (const shift of [-182, -1, 1, 90, 182]) {
      const date = releasedDates(SHIFT, shift, window);
      const released = Array.from({ length: 400 }, (_, back) => date(dayText(asOf - back))).filter(Boolean);
      expect(released[0]).toBe('2019-12-16');
    }
  });
});

describe('shifted dates', () => {
  it('keep intervals, lose the time of day', () => {
    const date = releasedDates(SHIFT, -10, window);
    expect(date('2015-03-05T10:31:19+00:00')).toBe('2015-02-23');
    expect(date('2015-03-05')).toBe('2015-02-23');
    expect(date('2015-03-12T23:59:59Z')).toBe('2015-03-02');
    expect(date('not a date')).toBeUndefined();
    expect(date('not a date')).toBeUndefined();
  });

  it('leave inside the window only, judged after the shift', () => {
    const date = releasedDates(SHIFT, 5, window);
    expect(date('2019-12-11')).toBe('2019-12-16');
    expect(date('2019-12-12')).toBeUndefined();
    expect(date('1931-06-27')).toBe('1931-07-02');
    expect(date('1931-06-26')).toBeUndefined();
  });

  it('turn a month into the year that holds all of its shifted days, or into nothing', () => {
    expect(releasedDates(SHIFT, 20, window)('2015-02')).toBe('2015');
    expect(releasedDates(SHIFT, -182, window)('2015-02')).toBe('2014');
    expect(releasedDates(SHIFT, 20, window)('2015-12')).toBeUndefined();
  });

  it('never release a year: unshifted it would bound the shift, shifted it would be false', () => {
    for (const shift of [-182, -1, 1, 182]) expect(releasedDates(SHIFT, shift, window)('2015')).toBeUndefined();
  });

  it('never gain precision and never leave the window', () => {
    const texts = fc.oneof(
      fc.integer({ min: 1925, max: 2021 }).map(String),
      fc
        .tuple(fc.integer({ min: 1925, max: 2021 }), fc.integer({ min: 1, max: 12 }))
        .map(([y, m]) => `${y}-${String(m).padStart(2, '0')}`),
      fc.integer({ min: dayNumber(1925, 1, 1), max: dayNumber(2021, 1, 1) }).map(dayText),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: -182, max: 182 }), fc.constantFrom(SHIFT, YEAR), (text, shift, rule) => {
        const released = releasedDates(rule, shift, eventWindow({ asOf, rule, historyYearsMax: 89 }))(text);
        if (released === undefined) return;
        expect(released.length).toBeLessThanOrEqual(text.length);
        expect(released >= '1931').toBe(true);
        expect(released <= '2020-06-15').toBe(true);
      }),
    );
  });
});

describe('dates cut to the year', () => {
  it('keep the year and nothing else', () => {
    const years = eventWindow({ asOf, rule: YEAR, historyYearsMax: 89 });
    const date = releasedDates(YEAR, 0, years);
    expect(date('2015-03-05T10:31:19+00:00')).toBe('2015');
    expect(date('2015-03')).toBe('2015');
    expect(date('2015')).toBe('2015');
    expect(date('2020-06-16')).toBeUndefined();
    expect(date('1930-12-31')).toBeUndefined();
  });

  it('are not kept without end', () => {
    const date = releasedDates(SHIFT, 1, window);
    for (let day = 0; day < 20_100; day += 1) date(dayText(day - 10_000));
    expect(date('2015-03-05')).toBe('2015-03-06');
  });
});
