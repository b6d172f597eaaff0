import { digamma, logGamma } from './gamma';

describe('the gamma function', () => {
  it.each([
    [0.5, Math.log(Math.sqrt(Math.PI))],
    [1, 0],
    [2, 0],
    [5, Math.log(24)],
    [11, Math.log(3_628_800)],
    [1e-8, 18.420680738180209],
    [171, 706.5730622457874],
  ])('of %d is known', (x, expected) => {
    expect(Math.abs(logGamma(x) - expected)).toBeLessThan(1e-13 * Math.max(1, expected));
  });

  it('grows by ln x from x to x + 1', () => {
    for (const x of [0.1, 3.7, 11.99, 12, 250.25, 1e6]) {
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x)) / logGamma(x + 2)).toBeLessThan(1e-14);
    }
  });

  it('has the logarithmic derivative of the harmonic numbers', () => {
    const euler = 0.5772156649015329;
    expect(digamma(1)).toBeCloseTo(-euler, 14);
    expect(digamma(0.5)).toBeCloseTo(-euler - 2 * Math.LN2, 14);
    expect(digamma(11)).toBeCloseTo(-euler + 7381 / 2520, 13);
    expect(digamma(1e9)).toBeCloseTo(Math.log(1e9) - 0.5e-9, 14);
  });

  it.each([logGamma, digamma])('is not asked at zero', (f) => {
    expect(() => f(0)).toThrow('above zero');
  });
});
