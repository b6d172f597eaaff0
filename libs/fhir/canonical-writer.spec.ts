import { canonicalJson, fromUtf8 } from '@aceso/kernel';
import fc from 'fast-check';

import { CanonicalWriter } from './canonical-writer';

const writer = new CanonicalWriter();

describe('CanonicalWriter', () => {
  it('writes what the kernel writes, for every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
        const written = writer.write(JSON.parse(JSON.stringify(value)), 'Basic');
        if (!(written instanceof Uint8Array)) return expect(written.code).toMatch(/TEXT_INVALID|KEY_FORBIDDEN/);
        expect(fromUtf8(written)).toBe(canonicalJson(value));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['long texts', { a: 'é'.repeat(100_000), b: 'x'.repeat(100_000) }],
    ['control characters', { a: '\u0001\t\n"\\\u007f' }],
    ['numbers at their limits', [1e21, 1e-7, -0, 2 ** 53 + 2, 0.1, 1.0]],
    ['names that sort by code unit', { '\ud83d\ude00': 1, '\ufb33': 2, a: 3, A: 4, '10': 5, '9': 6 }],
  ])('writes %s', (_, value) => {
    expect(fromUtf8(writer.write(value, 'Basic') as Uint8Array)).toBe(canonicalJson(value));
  });

  it.each([
    ['a lone surrogate', '{"a":"\\ud800"}', 'TEXT_INVALID'],
    ['U+0000', '{"a":"x\\u0000y"}', 'TEXT_INVALID'],
    ['__proto__', '{"a":{"__proto__":{"polluted":true}}}', 'KEY_FORBIDDEN'],
    ['an escaped __proto__', '{"__pr\\u006fto__":1}', 'KEY_FORBIDDEN'],
    ['constructor', '{"constructor":{"prototype":{"polluted":1}}}', 'KEY_FORBIDDEN'],
    ['deep nesting', `${'['.repeat(65)}${']'.repeat(65)}`, 'JSON_TOO_DEEP'],
  ])('refuses %s', (_, text, code) => {
    expect(writer.write(JSON.parse(text), 'Basic')).toEqual({ code, path: 'Basic' });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('returns bytes of its own', () => {
    const first = writer.write({ a: 1 }, 'Basic') as Uint8Array;
    writer.write({ b: 2 }, 'Basic');
    expect(fromUtf8(first)).toBe('{"a":1}');
  });
});
