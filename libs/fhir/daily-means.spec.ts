import { dailyMeans, STREAM_DAYS_MAX } from './daily-means';

const HOUR_MS = 3_600_000;
const samples = { origin: { value: 10 }, period: 12 * HOUR_MS, factor: 0.5, dimensions: 1, data: '0 2 4 6' };

describe('daily means', () => {
  it('are of the samples of each day, by the clock as written', () => {
    expect(dailyMeans(samples, '2020-02-28T18:00:00-11:00')).toEqual([
      { day: '2020-02-28', mean: 10 },
      { day: '2020-02-29', mean: 11.5 },
      { day: '2020-03-01', mean: 13 },
    ]);
    expect(dailyMeans(samples, '2020-02-28')).toEqual([
      { day: '2020-02-28', mean: 10.5 },
      { day: '2020-02-29', mean: 12.5 },
    ]);
  });

  it('leave out what is no number, and days without one', () => {
    const data = 'E E  4 0x10 E E x 8';
    expect(dailyMeans({ ...samples, data }, '2020-01-01')).toEqual([
      { day: '2020-01-02', mean: 12 },
      { day: '2020-01-04', mean: 14 },
    ]);
  });

  it('leave out days that nobody knows a mean of', () => {
    const data = '1 U 1 1 L 1 1e308 1e308 2 1e999';
    expect(dailyMeans({ ...samples, factor: 1, data }, '2020-01-01')).toEqual([{ day: '2020-01-02', mean: 11 }]);
  });

  it('have as many digits as are kept exactly', () => {
    const thirds = { origin: { value: 0 }, period: HOUR_MS, dimensions: 1, data: '1 1 0' };
    expect(dailyMeans(thirds, '2020-01-01')).toEqual([{ day: '2020-01-01', mean: 0.666667 }]);
  });

  it('end with the longest stream, and with the calendar', () => {
    const days = { origin: { value: 0 }, period: 24 * HOUR_MS, dimensions: 1, data: '1 '.repeat(STREAM_DAYS_MAX + 9) };
    expect(dailyMeans(days, '2020-01-01')).toHaveLength(STREAM_DAYS_MAX);
    expect(dailyMeans(days, '9999-12-30').map(({ day }) => day)).toEqual(['9999-12-30', '9999-12-31']);
    expect(dailyMeans({ ...days, period: 1e300 }, '2020-01-01')).toEqual([{ day: '2020-01-01', mean: 1 }]);
  });

  it.each([
    ['several dimensions', { ...samples, dimensions: 2 }, '2020-01-01'],
    ['no data', { ...samples, data: undefined }, '2020-01-01'],
    ['no origin', { ...samples, origin: undefined }, '2020-01-01'],
    ['a period below zero', { ...samples, period: -1 }, '2020-01-01'],
    ['no start', samples, undefined],
    ['a day that no calendar has', samples, '2020-02-30T10:00:00Z'],
    ['some day of a month', samples, '2020-02'],
  ])('are none of %s', (_, of, start) => {
    expect(dailyMeans(of, start)).toEqual([]);
  });
});
