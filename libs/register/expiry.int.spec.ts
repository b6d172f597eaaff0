import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { Runtime } from '@aceso/platform';

import { addProvider, ndjson, RegisterKit } from './testing';

const DAY_MS = 86_400_000;

describe('what has waited too long', () => {
  let db: TestDatabase;
  let ahead = 0;
  let kit: RegisterKit;
  beforeAll(async () => {
    db = await startTestDatabase();
    kit = new RegisterKit({ ...db, runtime: new Runtime({ clock: () => Date.now() + ahead }) });
  });
  afterAll(() => db.close());

  it('is removed: staged files after a day, quarantined resources after a month', async () => {
    const provider = await addProvider(db);
    const condition = { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/nobody' } };
    const { id: first } = await kit.ingest(provider, ndjson(condition));
    const { id } = await db.database.transaction('api', (tx) => kit.uploads.open(tx, provider));
    await kit.uploads.receive(provider, id, {
      content: (async function* () {
        yield Buffer.from('{}\n');
      })(),
    });
    const pending = await kit.send(provider, ndjson(condition));
    const [row] = await db.ownerQuery<{ key: string }>('select staged_as as key from register.upload where id = $1', [
      id,
    ]);
    const staged = () => db.blobs.stat(row?.key as string);
    const waiting = () => db.ownerQuery('select 1 from register.quarantine');

    expect(await kit.uploads.expire()).toBe(0);
    expect(await staged()).not.toBeNull();
    ahead = 2 * DAY_MS;
    expect(await kit.uploads.expire()).toBe(1);
    expect(await staged()).toBeNull();
    await expect(db.database.transaction('api', (tx) => kit.uploads.find(tx, provider, id))).rejects.toMatchObject({
      code: 'UPLOAD_NOT_FOUND',
    });
    // What was accepted for ingestion is kept until it has ended.
    expect(await kit.ingests.run(pending)).toBe('finished');

    const expire = () => db.database.transaction('worker', (tx) => kit.quarantine.expire(tx));
    await expire();
    expect(await waiting()).toHaveLength(2);
    ahead = 33 * DAY_MS;
    await expire();
    await expire();
    expect(await waiting()).toEqual([]);
    for (const ingest of [first, pending]) {
      expect(await kit.find(provider, ingest)).toMatchObject({ placedLater: 0, expired: 1 });
    }
  });

  it('is not counted as expired where it was placed within an ingest that failed', async () => {
    const provider = await addProvider(db);
    const condition = { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/nobody' } };
    const { id } = await kit.ingest(provider, ndjson(condition, { ...condition, id: 'd' }));
    await db.ownerQuery('update register.quarantine set became = 0, sealed = null where ingest_id = $1 and line = 1', [
      id,
    ]);
    ahead += 33 * DAY_MS;
    await db.database.transaction('worker', (tx) => kit.quarantine.expire(tx));
    expect(await kit.find(provider, id)).toMatchObject({ placedLater: 0, expired: 1 });
  });

  it('gives up on a staged file that is not the one that was received', async () => {
    const provider = await addProvider(db);
    const ingestId = await kit.send(provider, ndjson({ resourceType: 'Patient', id: 'a' }));
    const next = await kit.send(provider, ndjson({ resourceType: 'Patient', id: 'a' }));
    const [row] = await db.ownerQuery<{ key: string }>(
      `select staged_as as key from register.upload u
       join register.ingest i on i.upload_id = u.id where i.id = $1`,
      [ingestId],
    );
    const { Readable } = await import('node:stream');
    await db.blobs.put(row?.key as string, Readable.from([Buffer.alloc(200)]));
    expect(await kit.ingests.run(ingestId)).toBe('failed');
    expect(await kit.find(provider, ingestId)).toMatchObject({ state: 'failed', reason: 'UPLOAD_DAMAGED' });
    expect(await kit.ingests.run(next)).toBe('finished');
  });
});
