import { dayNumber, dayText, parseDays } from './calendar';

const MILLISECONDS_A_DAY = 86_400_000;

describe('calendar', () => {
  it('agrees with the platform calendar on every day from 1890 to 2110', () => {
    for (let day = dayNumber(1890, 1, 1); day <= dayNumber(2110, 12, 31); day += 1) {
      const text = dayText(day);
      if (text !== new Date(day * MILLISECONDS_A_DAY).toISOString().slice(0, 10)) throw new Error(text);
      if (parseDays(text)?.first !== day) throw new Error(text);
    }
  });

  it.each([
    ['2015-02-07', '2015-02-07', '2015-02-07'],
    ['2015-02-07T23:30:00-05:00', '2015-02-07', '2015-02-07'],
    ['2016-02', '2016-02-01', '2016-02-29'],
    ['1900-02', '1900-02-01', '1900-02-28'],
    ['2000-02', '2000-02-01', '2000-02-29'],
    ['2015', '2015-01-01', '2015-12-31'],
  ])('%s stands for %s to %s', (text, first, last) => {
    const span = parseDays(text)!;
    expect([dayText(span.first), dayText(span.last)]).toEqual([first, last]);
  });

  it.each([
    '',
    '2015-13',
    '2015-00',
    '2015-02-29',
    '2015-04-31',
    '2015-01-00',
    '2015-13-01',
    '15-02-07',
    '2015-02-07 10:00',
    'tomorrow',
  ])('refuses "%s"', (text) => {
    expect(parseDays(text)).toBeUndefined();
  });
});
