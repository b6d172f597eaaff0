import { gzipSync } from 'node:zlib';

import { fromUtf8 } from '@aceso/kernel';

import { readLines } from './line-source';

async function* stream(bytes: Uint8Array, cut = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
}

async function lines(bytes: Uint8Array): Promise<string[]> {
  const read: string[] = [];
  for await (const batch of readLines(stream(bytes))) {
    for (const source of batch) {
      const { number, bytes: content } = source.line;
      const text = content === undefined ? 'skipped' : fromUtf8(content).slice(0, 20);
      read.push(`${number} ${'finding' in source ? source.finding.code : text}`);
    }
  }
  return read;
}

const file = Buffer.from(
  Array.from({ length: 2000 }, (_, index) => `{"resourceType":"Basic","id":"${index * 7919}"}\n`).join(''),
);

describe('readLines', () => {
  it.each([
    ['plain', file],
    ['gzip', gzipSync(file)],
    ['gzip of two members', Buffer.concat([gzipSync(file.subarray(0, 555)), gzipSync(file.subarray(555))])],
  ])('reads a file that is %s', async (_, bytes) => {
    const read = await lines(bytes);
    expect(read).toHaveLength(2000);
    expect(read.at(-1)).toBe('2000 {"resourceType":"Bas');
  });

  it('keeps the lines before the end of a truncated gzip and names the line that is lost', async () => {
    const packed = gzipSync(file);
    const read = await lines(packed.subarray(0, Math.floor(packed.length * 0.6)));
    const last = read.length;
    expect(last).toBeGreaterThan(500);
    expect(read.at(-1)).toBe(`${last} GZIP_TRUNCATED`);
    expect(read.slice(0, -1).every((line) => line.endsWith('{"resourceType":"Bas'))).toBe(true);
  });

  it('names a gzip that is broken in the middle', async () => {
    const packed = gzipSync(file);
    const middle = Math.floor(packed.length / 2);
    packed.fill(0xff, middle, middle + 40);
    expect((await lines(packed)).at(-1)).toMatch(/^\d+ GZIP_BROKEN$/);
  });

  it.each([
    ['so many times its own size', { freeBytes: 50_000, ratioMax: 10, bytesMax: 1_000_000 }],
    ['an absolute size', { freeBytes: 1_000_000, ratioMax: 1_000, bytesMax: 50_000 }],
  ])('stops unpacking at %s and names the line', async (_, limits) => {
    const read: string[] = [];
    let bytes = 0;
    for await (const batch of readLines(stream(gzipSync(Buffer.alloc(900_000, '{}\n'))), limits)) {
      for (const source of batch) {
        bytes += source.line.bytes?.length ?? 0;
        if ('finding' in source) read.push(`${source.line.number} ${source.finding.code}`);
      }
    }
    expect(read).toEqual([expect.stringMatching(/^\d+ EXPANSION_EXCESSIVE$/)]);
    expect(bytes).toBeLessThanOrEqual(50_000);
  });

  it('unpacks 200 MiB of a file that is much smaller, as one long line may need', async () => {
    const packed = gzipSync(Buffer.alloc(200 * 1024 * 1024, `${'{}'.padEnd(1023)}\n`));
    let count = 0;
    let last = '';
    for await (const batch of readLines(stream(packed))) {
      count += batch.length;
      const end = batch.at(-1);
      last = end && 'finding' in end ? end.finding.code : '';
    }
    expect(packed.length).toBeLessThan(640_000);
    expect(last).toBe('');
    expect(count).toBe(200 * 1024);
  });

  it.each([
    ['XML', Buffer.from('<Patient/>')],
    ['gzip in gzip', gzipSync(gzipSync(file))],
    ['XML in gzip', gzipSync(Buffer.from('<Patient/>'))],
    ['an image', Buffer.from('\x89PNG\r\n', 'latin1')],
  ])('refuses %s as one line', async (_, bytes) => {
    expect(await lines(bytes)).toEqual(['1 FORMAT_UNSUPPORTED']);
  });

  it.each([
    ['a file that nobody reads on', file],
    ['a packed file that nobody reads on', gzipSync(file)],
    ['a file that it refuses', Buffer.from('<Patient/>')],
  ])('lets go of %s', async (_, bytes) => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes;
      } finally {
        closed = true;
      }
    }
    for await (const batch of readLines(source())) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(closed).toBe(true);
  });

  it('reads a whole document as one line', async () => {
    expect(await lines(Buffer.from('{\n "resourceType": "Basic"\n}\n'))).toHaveLength(1);
  });

  it('skips 1 GB of zeros without keeping them', async () => {
    async function* bomb(): AsyncGenerator<Uint8Array> {
      const zeros = Buffer.alloc(1 << 20);
      yield Buffer.from('{"resourceType":"Basic","id":"a"}\n');
      for (let index = 0; index < 200; index++) yield zeros;
      yield Buffer.from('\n{"resourceType":"Basic","id":"b"}\n');
    }
    const read: (number | undefined)[] = [];
    for await (const batch of readLines(bomb())) read.push(...batch.map(({ line }) => line.bytes?.length));
    expect(read).toEqual([33, undefined, 33]);
  });
});
