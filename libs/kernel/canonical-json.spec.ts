import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json';

it('is what the reference implementation of RFC 8785 writes, whatever order members came in', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(value)).toBe(canonicalize(value));
      const again = JSON.parse(canonicalJson(value)) as unknown; // the shorter way
      expect(canonicalJson(again)).toBe(canonicalJson(value));
    }),
    { numRuns: 500 },
  );
});

it.each<[string, unknown, string]>([
  ['members out of order', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
  ['members that look like numbers', { 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
  ['members by UTF-16 code units', { '\ud83d\ude00': 1, '\ufb33': 2 }, '{"\ud83d\ude00":1,"\ufb33":2}'],
  ['members that are undefined', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ['values that say how they are written', { b: 1, a: new Date(0) }, '{"a":"1970-01-01T00:00:00.000Z","b":1}'],
  ['a value in order that says how it is written', { a: new Date(0) }, '{"a":"1970-01-01T00:00:00.000Z"}'],
])('writes %s', (_, value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

it.each([[undefined], [Number.NaN], [{ a: Number.POSITIVE_INFINITY }], [{ b: 1, a: Number.NaN }]])(
  'refuses %p',
  (value) => {
    expect(() => canonicalJson(value)).toThrow();
  },
);
