import { Readable } from 'node:stream';

import type { PartyId, UploadId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

import { addProvider, ndjson, RegisterKit } from './testing';

/** A transfer that stops before its last byte until it is let go. */
function heldTransfer(file: Uint8Array) {
  let letGo = (): void => undefined;
  let arrived = (): void => undefined;
  const go = new Promise<void>((resolve) => (letGo = resolve));
  const begun = new Promise<void>((resolve) => (arrived = resolve));
  async function* content(): AsyncGenerator<Uint8Array> {
    yield file.subarray(0, 5);
    arrived();
    await go;
    yield file.subarray(5);
  }
  return { content: content(), begun, letGo };
}

describe('transfers of one upload', () => {
  const first = ndjson({ resourceType: 'Patient', id: 'first' });
  const second = ndjson({ resourceType: 'Patient', id: 'second' });
  let db: TestDatabase;
  let kit: RegisterKit;
  let provider: PartyId;
  beforeAll(async () => {
    db = await startTestDatabase();
    kit = new RegisterKit(db);
  });
  beforeEach(async () => {
    provider = await addProvider(db);
  });
  afterAll(() => db.close());

  const open = () => db.database.transaction('api', (tx) => kit.uploads.open(tx, provider));
  const send = (id: UploadId, file: Uint8Array) =>
    kit.uploads.receive(provider, id, { content: Readable.from([file]) });
  const start = (id: UploadId) => db.database.transaction('api', (tx) => kit.ingests.start(tx, provider, id));
  async function staged(): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of db.blobs.list('uploads/')) keys.push(key);
    return keys;
  }

  it.each(['before', 'after'])('are the first that ended, also when another one ends %s the ingest', async (when) => {
    const upload = await open();
    const { content, begun, letGo } = heldTransfer(second);
    const late = kit.uploads.receive(provider, upload.id, { content });
    await begun;
    await send(upload.id, first);
    const ingest = await start(upload.id);
    if (when === 'after') await kit.ingests.run(ingest.id);
    letGo();
    await expect(late).rejects.toMatchObject({ code: 'UPLOAD_NOT_OPEN' });
    await kit.ingests.run(ingest.id);
    const held = await db.database.transaction('api', (tx) =>
      kit.sourceRecords.byLocalIds(tx, provider, ['first', 'second']),
    );
    expect(held).toEqual([expect.objectContaining({ sequence: 1 }), null]);
    expect(await staged()).toEqual([]);
  });

  it('leave nothing behind when a process ends between the bytes and the row', async () => {
    const upload = await open();
    await db.blobs.put(`uploads/${upload.id}.${db.runtime.uuid()}`, Readable.from([Buffer.from('x')]));
    await db.blobs.put(`uploads/${db.runtime.uuid()}.${db.runtime.uuid()}`, Readable.from([Buffer.from('x')]));
    await kit.uploads.expire();
    expect(await staged()).toHaveLength(1); // of an open upload: its row may be about to come
    await send(upload.id, first);
    expect(await staged()).toHaveLength(2);
    await kit.uploads.expire();
    expect(await staged()).toHaveLength(1);
    const ingest = await start(upload.id);
    expect(await kit.ingests.run(ingest.id)).toBe('finished');
    expect(await staged()).toEqual([]);
  });
});
