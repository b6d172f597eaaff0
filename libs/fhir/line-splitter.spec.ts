import { fromUtf8, utf8 } from '@aceso/kernel';
import fc from 'fast-check';

import { LineSplitter } from './line-splitter';

function split(chunks: readonly Uint8Array[], options?: ConstructorParameters<typeof LineSplitter>[0]) {
  const splitter = new LineSplitter(options);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()].map(
    ({ number, bytes }) => [number, bytes === undefined ? undefined : fromUtf8(bytes)] as const,
  );
}

describe('LineSplitter', () => {
  it('gives the same lines however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 8 })), fc.array(fc.nat(20)), (texts, cuts) => {
        const bytes = utf8(texts.join('\n'));
        const chunks: Uint8Array[] = [];
        let from = 0;
        for (const cut of cuts) chunks.push(bytes.subarray(from, (from += cut)));
        chunks.push(bytes.subarray(from));
        const whole = new TextDecoder().decode(bytes).split('\n');
        const expected = whole.at(-1) === '' ? whole.slice(0, -1) : whole;
        expect(split(chunks).map(([, text]) => text)).toEqual(expected);
      }),
    );
  });

  it('skips a line over the limit and keeps its number', () => {
    const chunks = ['ok\n', 'x'.repeat(40), 'x'.repeat(40), '\nalso ok\n'].map(utf8);
    expect(split(chunks, { bytesMax: 64 })).toEqual([
      [1, 'ok'],
      [2, undefined],
      [3, 'also ok'],
    ]);
  });

  it('counts blank lines', () => {
    expect(split([utf8('\n\na\n\n')]).map(([number]) => number)).toEqual([1, 2, 3, 4]);
  });

  it('drops a byte order mark at the start only', () => {
    expect(split([Uint8Array.of(0xef, 0xbb, 0xbf), utf8('a\n')])).toEqual([[1, 'a']]);
  });

  it('reads a whole document as one line', () => {
    expect(split([utf8('{\n'), utf8('}\n')], { wholeDocument: true })).toEqual([[1, '{\n}\n']]);
  });
});
