import * as fc from 'fast-check';
import { dayNumber, dayText } from './calendar';
import { eventWindows, releasedDates, type ReleasedDate } from './event-dates';
import type { DateRule } from './policy';

const SHIFT: DateRule = { kind: 'shift', daysMax: 182 };
const YEAR: DateRule = { kind: 'year' };
const SHIFTS = Array.from({ length: 365 }, (_, n) => n - 182).filter((shift) => shift !== 0);
const asOf = dayNumber(2020, 6, 15);
const day = (text: string) => dayNumber(...(text.split('-').map(Number) as [number, number, number]));
const windowsOf = (first: string, last: string, rule: DateRule = SHIFT) =>
  eventWindows({ first: day(first), last: day(last) }, { asOf, rule, historyYearsMax: 89 });
/** A record that began long ago and goes on until today. */
const { acts } = windowsOf('1900-01-01', '2020-06-15');
const texts = (windows: readonly { first: number; last: number }[]) =>
  windows.map(({ first, last }) => [dayText(first), dayText(last)]);

describe('event window', () => {
  it('closes both ends of the record by the largest shift, from the quarters that lie inside of it', () => {
    expect(texts(windowsOf('2011-02-03', '2018-11-20').acts)).toEqual([['2011-09-30', '2018-04-02']]);
    expect(texts(windowsOf('2011-04-01', '2018-10-01').acts)).toEqual([['2011-09-30', '2018-04-02']]);
    expect(texts(windowsOf('2010-12-31', '2019-01-01').acts)).toEqual([['2011-07-02', '2018-07-03']]);
  });

  it('never begins before the year that shows an age of 90', () => {
    expect(texts(acts)).toEqual([['1931-07-02', '2019-10-02']]); // 1931-01-01 + 182 days, 2020-04-01 − 182 days
  });

  it('lets an onset out that lies before the record whatever the shift, and none around its beginning', () => {
    expect(texts(windowsOf('2011-02-03', '2018-11-20').life)).toEqual([
      ['1931-07-02', '2010-07-02'],
      ['2011-09-30', '2018-04-02'],
    ]);
  });

  it('of a record of onsets alone only closes the end; of a record without dates it is nowhere', () => {
    const bounds = { asOf, rule: SHIFT, historyYearsMax: 89 };
    const onsets = eventWindows({ first: Infinity, last: day('2018-11-20') }, bounds);
    expect([onsets.acts, texts(onsets.life)]).toEqual([[], [['1931-07-02', '2018-04-02']]]);
    expect(eventWindows({ first: Infinity, last: -Infinity }, bounds)).toEqual({ acts: [], life: [] });
  });

  it('needs no margin where dates are cut to years', () => {
    const years = windowsOf('2011-02-03', '2018-11-20', YEAR);
    expect([texts(years.acts), texts(years.life)]).toEqual([
      [['1931-01-01', '2020-06-15']],
      [['1931-01-01', '2020-06-15']],
    ]);
  });
});

describe('a stream of events on every day', () => {
  const visible = (date: ReleasedDate, from: string, to: string) => {
    const days = Array.from({ length: day(to) - day(from) + 1 }, (_, n) => date(dayText(day(from) + n)));
    const released = days.filter((text) => text !== undefined);
    return [released[0], released.at(-1)];
  };

  it.each([
    ['goes on until the record date', '2018-02-03', '2020-06-15'],
    ['ended long before the record date', '2014-02-03', '2016-08-14'],
    ['ended on the first day of a quarter', '2014-04-01', '2016-07-01'],
    ['ended a year before the record date', '2017-12-31', '2019-06-15'],
  ])('that %s begins and ends alike under every shift: neither end reveals it', (_, from, to) => {
    const { acts: windows } = windowsOf(from, to);
    const seen = new Set(SHIFTS.map((shift) => visible(releasedDates(SHIFT, shift, windows), from, to).join()));
    expect(seen.size).toBe(1);
    expect(texts(windows).join()).toBe([...seen][0]);
  });

  it('ends alike for all records that end in one quarter', () => {
    const ends = ['2016-07-01', '2016-08-14', '2016-09-30'].map((to) => texts(windowsOf('2011-02-03', to).acts).join());
    expect(new Set(ends).size).toBe(1);
  });

  it('of onsets shows no edge that moves with the shift, whether they lie in the record or before it', () => {
    const { life } = windowsOf('2014-02-03', '2016-08-14');
    const within = new Set(
      SHIFTS.map((shift) => visible(releasedDates(SHIFT, shift, life), '2014-02-03', '2016-08-14').join()),
    );
    expect([...within]).toEqual([texts([life[1]!]).join()]);
    const before = new Set(
      SHIFTS.map((shift) => visible(releasedDates(SHIFT, shift, life), '1930-01-01', '1932-12-31')[0]),
    );
    expect([...before]).toEqual(['1931-07-02']);
  });
});

describe('shifted dates', () => {
  it('keep intervals, lose the time of day', () => {
    const date = releasedDates(SHIFT, -10, acts);
    expect(date('2015-03-05T10:31:19+00:00')).toBe('2015-02-23');
    expect(date('2015-03-05')).toBe('2015-02-23');
    expect(date('2015-03-12T23:59:59Z')).toBe('2015-03-02');
    expect(date('not a date')).toBeUndefined();
    expect(date('not a date')).toBeUndefined();
  });

  it('leave inside the window only, judged after the shift', () => {
    const date = releasedDates(SHIFT, 5, acts);
    expect(date('2019-09-27')).toBe('2019-10-02');
    expect(date('2019-09-28')).toBeUndefined();
    expect(date('1931-06-27')).toBe('1931-07-02');
    expect(date('1931-06-26')).toBeUndefined();
  });

  it('turn a month into the year that holds all of its shifted days, or into nothing', () => {
    expect(releasedDates(SHIFT, 20, acts)('2015-02')).toBe('2015');
    expect(releasedDates(SHIFT, -182, acts)('2015-02')).toBe('2014');
    expect(releasedDates(SHIFT, 20, acts)('2015-12')).toBeUndefined();
  });

  it('never release a year: unshifted it would bound the shift, shifted it would be false', () => {
    for (const shift of [-182, -1, 1, 182]) expect(releasedDates(SHIFT, shift, acts)('2015')).toBeUndefined();
  });

  it('never gain precision and never leave the window', () => {
    const dates = fc.oneof(
      fc.integer({ min: 1925, max: 2021 }).map(String),
      fc
        .tuple(fc.integer({ min: 1925, max: 2021 }), fc.integer({ min: 1, max: 12 }))
        .map(([y, m]) => `${y}-${String(m).padStart(2, '0')}`),
      fc.integer({ min: dayNumber(1925, 1, 1), max: dayNumber(2021, 1, 1) }).map(dayText),
    );
    fc.assert(
      fc.property(dates, fc.integer({ min: -182, max: 182 }), fc.constantFrom(SHIFT, YEAR), (text, shift, rule) => {
        const released = releasedDates(rule, shift, windowsOf('1900-01-01', '2020-06-15', rule).life)(text);
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
    const date = releasedDates(YEAR, 0, windowsOf('1900-01-01', '2020-06-15', YEAR).acts);
    expect(date('2015-03-05T10:31:19+00:00')).toBe('2015');
    expect(date('2015-03')).toBe('2015');
    expect(date('2015')).toBe('2015');
    expect(date('2020-06-16')).toBeUndefined();
    expect(date('1930-12-31')).toBeUndefined();
  });

  it('are not kept without end', () => {
    const date = releasedDates(SHIFT, 1, acts);
    for (let day = 0; day < 20_100; day += 1) date(dayText(day - 10_000));
    expect(date('2015-03-05')).toBe('2015-03-06');
  });
});
