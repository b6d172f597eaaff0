import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderBlobStore } from '@aceso/platform';
import { PartWriter } from './part-writer';

describe('part writer', () => {
  let folder: string;
  let blobs: FolderBlobStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parts-'));
    blobs = new FolderBlobStore(folder);
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const key of blobs.list('extraction/')) found.push(key);
    return found.sort();
  };

  it('makes one file a type, visible only when all is written', async () => {
    const writer = new PartWriter(blobs, 'extraction/a/0-1');
    const rows = Array.from({ length: 5000 }, (_, index) => JSON.stringify({ index, pad: 'x'.repeat(100) }));
    for (let at = 0; at < rows.length; at += 100) await writer.write('Observation', rows.slice(at, at + 100));
    await writer.write('Patient', ['{}']);
    await writer.write('Condition', []);
    expect(await keys()).toEqual([]);
    expect(await writer.finish()).toEqual([
      { resourceType: 'Observation', blobKey: 'extraction/a/0-1/observation.ndjson', rows: 5000 },
      { resourceType: 'Patient', blobKey: 'extraction/a/0-1/patient.ndjson', rows: 1 },
    ]);
    const text = Buffer.concat(await (await blobs.open('extraction/a/0-1/observation.ndjson')).toArray()).toString();
    expect(text).toBe(`${rows.join('\n')}\n`);
  });

  it('leaves nothing behind when it gives up', async () => {
    const writer = new PartWriter(blobs, 'extraction/a/0-2');
    await writer.write('Patient', ['{}']);
    await writer.abandon();
    expect(await keys()).toEqual([]);
  });

  it('tells that the store failed instead of waiting for ever', async () => {
    const writer = new PartWriter(blobs, 'NOT A KEY');
    const large = ['x'.repeat(200_000)];
    await expect(writer.write('Patient', large)).rejects.toThrow();
    await expect(writer.finish()).rejects.toThrow();
  });
});
