import { threshold } from './thresholds';

it.each([
  [3, 33, 4],
  [5, 20, 5],
  [10, 10, 10],
  [11, 9, 12],
  [20, 5, 20],
  [1, 100, 1],
  [100, 1, 100],
])('class size %d is %d %%, to the letter %d', (kMin, percent, kMinToTheLetter) => {
  expect(threshold(kMin)).toEqual({ kMin, highestRisk: 1 / kMin, percent, kMinToTheLetter });
});

it.each([0, 0.09, 101, NaN, -5])('a threshold is no %d', (kMin) => {
  expect(() => threshold(kMin)).toThrow(expect.objectContaining({ code: 'THRESHOLD_INVALID' }));
});
