import { concat, utf8 } from '@aceso/kernel';
import fc from 'fast-check';

import { openStream, sealStream, uploadKey } from './staging';

const key = uploadKey(new Uint8Array(32).fill(1), 'upload');

async function* stream(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
async function collect(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return concat(...all);
}
const seal = (content: Uint8Array, exactly?: number) =>
  collect(sealStream(key, stream(content), { bytesMax: 10_000_000, exactly }));

describe('staging', () => {
  it('gives back what was sealed, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2_500_000 }),
        fc.integer({ min: 3_000, max: 900_000 }),
        async (size, cut) => {
          const content = new Uint8Array(size).fill(3);
          const sealed = await seal(content);
          const parts: Uint8Array[] = [];
          for (let at = 0; at < sealed.length; at += cut) parts.push(sealed.subarray(at, at + cut));
          expect(Buffer.compare(await collect(openStream(key, stream(...parts))), content)).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('holds no plaintext', async () => {
    expect(Buffer.from(await seal(utf8('a name in clear'))).includes('name')).toBe(false);
  });

  it.each([
    ['a cut tail', (sealed: Uint8Array) => sealed.subarray(0, sealed.length - 700_000)],
    ['a missing last chunk', (sealed: Uint8Array) => sealed.subarray(0, 1024 * 1024 + 32)],
    ['a repeated chunk', (sealed: Uint8Array) => concat(sealed.subarray(0, 1024 * 1024 + 32), sealed)],
    ['a flipped bit', (sealed: Uint8Array) => sealed.map((byte, at) => (at === 99 ? byte ^ 1 : byte))],
    ['nothing', () => new Uint8Array(0)],
  ])('refuses %s', async (_, damage) => {
    const sealed = await seal(new Uint8Array(1_800_000));
    await expect(collect(openStream(key, stream(damage(sealed))))).rejects.toMatchObject({ code: 'UPLOAD_DAMAGED' });
  });

  it.each([
    ['more than declared', 4, 'UPLOAD_TOO_LARGE'],
    ['less than declared', 6, 'UPLOAD_SIZE_DIFFERS'],
  ])('refuses %s', async (_, declared, code) => {
    await expect(seal(utf8('12345'), declared)).rejects.toMatchObject({ code });
  });
});
