import fc from 'fast-check';
import { base64url } from './encoding';

it('decodes what it encodes, of every length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = base64url.encode(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect(base64url.decode(text)).toEqual(bytes);
    }),
  );
});

it('decodes no text that would not be encoded so', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AQgw-_+/=\u00e9 '), maxLength: 12 }), (text) => {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.toString('base64url') === text) expect(base64url.decode(text)).toEqual(new Uint8Array(bytes));
      else expect(() => base64url.decode(text)).toThrow(TypeError);
    }),
    { numRuns: 2_000 },
  );
});
