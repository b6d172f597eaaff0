import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LineBlock } from '@aceso/fhir';
import { fromUtf8 } from '@aceso/kernel';
import { READ_BYTES, readFileLines } from './file-lines';

describe('readFileLines', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso-file-lines-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const file = async (content: Uint8Array | string) => {
    const path = join(folder, 'in.ndjson');
    await writeFile(path, content);
    return path;
  };
  const textsOf = async (path: string) => {
    const texts: (string | undefined)[] = [];
    for await (const source of readFileLines(path)) {
      if (!(source instanceof LineBlock)) texts.push(source.finding.code);
      // Copied at once: the memory is used again.
      else
        for (let at = 0; at < source.count; at += 1) {
          const { bytes } = source.line(at);
          texts.push(bytes && fromUtf8(bytes));
        }
    }
    return texts;
  };

  it('gives each line whole where reading ends inside it, inside a character and where it is longer than all that is read', async () => {
    const euros = '€'.repeat(READ_BYTES / 2);
    const lines = ['{"a":1}', euros, '{}', 'x'.repeat(3 * READ_BYTES), '', 'y'.repeat(READ_BYTES - 1), '{"b":2}'];
    expect(await textsOf(await file(`${lines.join('\n')}\n`))).toEqual(lines);
    const many = Array.from({ length: 60_000 }, (_, at) => `{"id":"${at * 7919}"}`);
    expect(await textsOf(await file(many.join('\n')))).toEqual(many);
    expect(await textsOf(await file(gzipSync(many.join('\n'))))).toEqual(many);
  });

  it('gives nothing of an empty file, and says what an image is', async () => {
    expect(await textsOf(await file(''))).toEqual([]);
    expect(await textsOf(await file(Buffer.from('\x89PNG\r\n', 'latin1')))).toEqual(['FORMAT_UNSUPPORTED']);
  });

  it('closes the file where reading is given up, and fails where there is none', async () => {
    const path = await file('{}\n'.repeat(READ_BYTES));
    for await (const source of readFileLines(path)) {
      expect(source).toBeInstanceOf(LineBlock);
      break;
    }
    await expect(textsOf(join(folder, 'none'))).rejects.toThrow('ENOENT');
    await expect(textsOf(folder)).rejects.toThrow('EISDIR');
  });
});
