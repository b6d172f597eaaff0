import fc from 'fast-check';
import { disclose } from './disclosure';

describe('a number that is shown', () => {
  it.each([
    [0, null],
    [1, null],
    [10, null],
    [11, 10],
    [12, 10],
    [13, 15],
    [17, 15],
    [18, 20],
    [373, 375],
  ])('%i is shown as %p', (trueCount, approximate) => {
    expect(disclose(trueCount)).toEqual({ approximate, suppressed: approximate === null });
  });

  it('is a multiple of five, near the truth, and never zero', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), (trueCount) => {
        const { approximate, suppressed } = disclose(trueCount);
        expect(suppressed).toBe(trueCount < 11);
        if (approximate === null) return;
        expect(approximate % 5).toBe(0);
        expect(approximate).toBeGreaterThan(0);
        expect(Math.abs(approximate - trueCount)).toBeLessThanOrEqual(2);
      }),
    );
  });

  it.each([[-1], [1.5], [Number.NaN]])('refuses %p as a count', (value) => {
    expect(() => disclose(value)).toThrow('whole number');
  });
});
