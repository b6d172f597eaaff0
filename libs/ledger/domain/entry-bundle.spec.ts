import fc from 'fast-check';
import { hex, utf8 } from '@aceso/kernel';
import { ENTRIES } from '../testing/worked-log';
import { decodeEntryBundle, encodeEntryBundle, ENTRY_BUNDLE_BYTES_MAX } from './entry-bundle';

it('is that of the worked example', () => {
  const bundle = encodeEntryBundle(ENTRIES);
  expect(hex.encode(bundle)).toBe(
    '00077b226e223a307d00077b226e223a317d00077b226e223a327d00077b226e223a337d00077b226e223a347d',
  );
  expect(decodeEntryBundle(bundle, 5)).toEqual(ENTRIES);
});

it('holds any entries, in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 256 }), (entries) => {
      expect(decodeEntryBundle(encodeEntryBundle(entries), entries.length)).toEqual(entries);
    }),
  );
});

it('holds entries of up to 65,535 bytes', () => {
  const longest = new Uint8Array(65_535);
  expect(decodeEntryBundle(encodeEntryBundle([longest]), 1)).toEqual([longest]);
  expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow('two bytes');
  expect(encodeEntryBundle([longest]).length * 256).toBe(ENTRY_BUNDLE_BYTES_MAX);
});

it.each([
  ['too few entries', encodeEntryBundle(ENTRIES), 6],
  ['too many entries', encodeEntryBundle(ENTRIES), 4],
  ['half a length', Uint8Array.of(0, 1, 7, 0), 2],
  ['half an entry', Uint8Array.of(0, 3, 7, 7), 1],
  ['text behind the last entry', new Uint8Array([...encodeEntryBundle(ENTRIES), ...utf8('x')]), 5],
])('is refused with %s', (_, bytes, width) => {
  expect(() => decodeEntryBundle(bytes, width)).toThrow(expect.objectContaining({ code: 'ENTRY_BUNDLE_MALFORMED' }));
});
