import fc from 'fast-check';
import { apart, apartFromSum, decodePersonSet, encodePersonSet, personSet, splitSet, union } from './person-set';

const small = fc.uniqueArray(fc.nat({ max: 70 }), { maxLength: 40 });
/** Also enough of one chunk for a bitmap, and of several chunks. */
const any = fc.oneof(
  fc.uniqueArray(fc.nat({ max: 300_000 }), { maxLength: 200 }),
  fc.record({ from: fc.nat({ max: 200_000 }), size: fc.nat({ max: 9_000 }) }).map(({ from, size }) => {
    return Array.from({ length: size }, (_, at) => from + at);
  }),
);
const coefficients = (whole: number[], one: number[], other: number[]): number[] => {
  const sums = new Map<number, number>();
  for (const [list, by] of [[whole, 1] as const, [one, -1] as const, [other, -1] as const]) {
    for (const each of list) sums.set(each, (sums.get(each) ?? 0) + by);
  }
  return [...sums.values()];
};

describe('a set of persons', () => {
  it('is read as it was written, and has one form', () => {
    fc.assert(
      fc.property(any, (numbers) => {
        const set = personSet(numbers);
        const bytes = encodePersonSet(set);
        const read = decodePersonSet(bytes);
        expect(read.size).toBe(new Set(numbers).size);
        expect(apart(set, read)).toEqual({ more: 0, less: 0 });
        // A set with room for more has the same bytes.
        const roomy = union([set, { words: new Uint32Array(set.words.length + 5_000), size: 0 }]);
        expect(encodePersonSet(roomy)).toEqual(bytes);
      }),
      { numRuns: 60 },
    );
  });

  it('is apart from another one by whom only one of them has', () => {
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(apart(personSet(a), personSet(b))).toEqual({
          more: a.filter((each) => !b.includes(each)).length,
          less: b.filter((each) => !a.includes(each)).length,
        });
      }),
    );
  });

  it('is apart from a sum by whoever has a coefficient left', () => {
    fc.assert(
      fc.property(small, small, small, (whole, one, other) => {
        const left = coefficients(whole, one, other);
        expect(apartFromSum(personSet(whole), personSet(one), personSet(other))).toEqual({
          more: left.filter((by) => by > 0).length,
          less: left.filter((by) => by < 0).length,
        });
      }),
    );
  });

  it('refuses a number beyond its limit', () => {
    expect(() => personSet([2 ** 27])).toThrow('within their limit');
  });

  it('falls into parts that make it up, each person in the one that it is given', () => {
    fc.assert(
      fc.property(any, (numbers) => {
        const parts = splitSet(personSet(numbers), 3, (number) => number % 3);
        parts.forEach((part, at) => {
          const own = personSet(numbers.filter((number) => number % 3 === at));
          expect([part.size, apart(part, own)]).toEqual([own.size, { more: 0, less: 0 }]);
        });
      }),
      { numRuns: 50 },
    );
  });
});
