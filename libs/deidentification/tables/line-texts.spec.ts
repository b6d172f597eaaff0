import { LineSplitter, type LineBlock } from '@aceso/fhir';
import fc from 'fast-check';
import { eachText } from './line-texts';

function textsOf(blocks: readonly LineBlock[]): (readonly [number, string | undefined])[] {
  const texts: (readonly [number, string | undefined])[] = [];
  for (const block of blocks) eachText(block, block.bytes!, (number, text) => texts.push([number, text]));
  return texts;
}

function split(bytes: Uint8Array, cuts: readonly number[]): LineBlock[] {
  const splitter = new LineSplitter();
  const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
  const chunks = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

describe('eachText', () => {
  it('gives what decoding each line by itself gives, also where a chunk ends inside a character', () => {
    const line = fc.oneof(
      fc
        .constantFrom('', 'plain', 'Zoë', '€', '\u{1F600}', '\uFEFFmarked', `${'x'.repeat(70_000)}é`)
        .map((text) => Buffer.from(text)),
      fc.constantFrom([0xff], [0xc3], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82]).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.array(fc.nat(200)), (lines, cuts) => {
        const bytes = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]));
        const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
        const expected = lines.map((one, at) => {
          try {
            const text = decoder.decode(one);
            return [at + 1, at === 0 ? text.replace(/^\uFEFF/, '') : text];
          } catch {
            return [at + 1, undefined];
          }
        });
        expect(textsOf(split(bytes, cuts))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('cuts the texts of many lines that no piece holds together', () => {
    const lines = Array.from(
      { length: 5_000 },
      (_, at) => `${at} ${'x'.repeat(at % 97)}${at % 1_000 === 999 ? 'é' : ''}`,
    );
    const texts = textsOf(split(Buffer.from(`${lines.join('\n')}\n`), [100_000]));
    expect(texts).toEqual(lines.map((text, at) => [at + 1, text]));
  });
});
