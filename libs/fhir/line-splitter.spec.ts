import { fromUtf8, utf8 } from '@aceso/kernel';
import fc from 'fast-check';

import { LineSplitter } from './line-splitter';

function split(chunks: readonly Uint8Array[], options?: ConstructorParameters<typeof LineSplitter>[0]) {
  const splitter = new LineSplitter(options);
  const blocks = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  return blocks
    .flatMap((block) => Array.from({ length: block.count }, (_, at) => block.line(at)))
    .map(({ number, bytes }) => [number, bytes === undefined ? undefined : fromUtf8(bytes)] as const);
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

  it.each([
    ['over several chunks', ['ok\n', 'x'.repeat(40), 'x'.repeat(25), '\nalso ok\n']],
    ['inside one chunk', [`ok\n${'x'.repeat(65)}\nalso ok\n`]],
    ['at the head of a chunk', ['ok\n', `${'x'.repeat(65)}\nalso ok\n`]],
  ])('skips a line over the limit and keeps its number: %s', (_, texts) => {
    expect(split(texts.map(utf8), { bytesMax: 64 })).toEqual([
      [1, 'ok'],
      [2, undefined],
      [3, 'also ok'],
    ]);
  });

  it('keeps a line of just the limit, however it is cut', () => {
    const line = 'x'.repeat(64);
    expect(split([`${line}\n`].map(utf8), { bytesMax: 64 })).toEqual([[1, line]]);
    expect(split([line, '\n'].map(utf8), { bytesMax: 64 })).toEqual([[1, line]]);
  });

  it('counts blank lines', () => {
    expect(split([utf8('\n\na\n\n')]).map(([number]) => number)).toEqual([1, 2, 3, 4]);
  });

  it('drops a byte order mark at the start only', () => {
    expect(split([Uint8Array.of(0xef, 0xbb, 0xbf), utf8('a\n')])).toEqual([[1, 'a']]);
    expect(split([utf8('\uFEFFa\n\uFEFFb\n')])).toEqual([
      [1, 'a'],
      [2, '\uFEFFb'],
    ]);
  });

  it('gives the lines of a chunk together', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(utf8('a\nb\nc')).map(({ first, count }) => [first, count])).toEqual([[1, 2]]);
    expect(splitter.push(utf8('c\nd\n\n')).map(({ first, count }) => [first, count])).toEqual([
      [3, 1],
      [4, 2],
    ]);
  });

  it('reads a whole document as one line', () => {
    expect(split([utf8('{\n'), utf8('}\n')], { wholeDocument: true })).toEqual([[1, '{\n}\n']]);
  });
});
