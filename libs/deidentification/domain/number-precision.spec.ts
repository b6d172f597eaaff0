import * as fc from 'fast-check';
import { policyNamed } from './policies';
import { releasedCount, releasedNumber } from './number-precision';

const { precision } = policyNamed('expert-1');
const decimals = (code: string) => precision.decimalsByCode[code];

describe('released numbers', () => {
  it.each([
    ['systolic pressure', 158.72796283575664, '8480-6', 159],
    ['potassium', 4.943999204801531, '6298-4', 4.9],
    ['creatinine', 0.9390980444579311, '38483-4', 0.94],
    ['specific gravity', 1.0091202755424582, '5811-5', 1.009],
    ['pain score', 3.4961958350963034, '72514-3', 3],
    ['body weight', 86.68597333457825, '29463-7', 86.7],
    ['a code that is not listed', 429_870, 'none', 430_000],
    ['a small value of a code that is not listed', 0.031409798, 'none', 0.0314],
    ['minus zero', -0.2, '8480-6', 0],
    ['a number too long for its code', 6_175_551.4, '8480-6', 6_176_000],
  ])('%s', (_, value, code, released) => {
    const number = releasedNumber(value, decimals(code), precision);
    expect(number).toBe(released);
    expect(Object.is(number, -0)).toBe(false);
  });

  it.each([NaN, Infinity, -Infinity, '5', null, undefined, {}, 6_175_551_234, 1e300])('%s does not leave', (value) => {
    expect(releasedNumber(value, 1, precision)).toBeUndefined();
  });

  it('have at most four significant digits, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
        (value, places) => {
          const released = releasedNumber(value, places, precision);
          if (released === undefined) return;
          expect(Number(released.toPrecision(4))).toBe(released);
        },
      ),
    );
  });

  it('counts are small whole numbers', () => {
    expect([0, 7, 9999].map(releasedCount)).toEqual([0, 7, 9999]);
    expect([-1, 1.5, 10_000, '3', null].map(releasedCount)).toEqual(Array(5).fill(undefined));
  });
});
