import { gzipSync } from 'node:zlib';

import type { PartyId } from '@aceso/kernel';
import { Runtime } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

import { RUN_LIMITS } from './ingest/run-context';
import { addProvider, ndjson, RegisterKit } from './testing';
import { UPLOAD_HOURS, UPLOADS_OPEN_MAX } from './upload.service';

const REFUSED_MAX = 5_000;
const HOUR_MS = 3_600_000;

describe('what one provider may cost', () => {
  let db: TestDatabase;
  let kit: RegisterKit;
  let provider: PartyId;
  let ahead = 0;
  beforeAll(async () => {
    db = await startTestDatabase();
    const runtime = new Runtime({ clock: () => Date.now() + ahead });
    kit = new RegisterKit({ ...db, runtime }, { ...RUN_LIMITS, refusedMax: REFUSED_MAX });
  });
  beforeEach(async () => {
    provider = await addProvider(db);
  });
  afterAll(() => db.close());

  const patient = { resourceType: 'Patient', id: 'p1', birthDate: '1980-02-29' };

  it('is not the time for a small file of millions of refused lines: it fails, and says how far it came', async () => {
    const lines = 10_000_000;
    const packed = gzipSync(Buffer.concat([ndjson(patient), Buffer.alloc(2 * lines, 'x\n')]));
    expect(packed.length).toBeLessThan(61_000);
    const before = process.cpuUsage();
    const ingest = await kit.ingest(provider, packed);
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(20); // aim 1 s; machines that run tests are shared
    expect(ingest).toMatchObject({ state: 'failed', reason: 'REFUSALS_EXCEEDED' });
    const { totals } = ingest;
    expect(totals?.lines).toMatchObject({ accepted: 1, unchanged: 0, quarantined: 0 });
    expect(totals?.lines.refused).toBeGreaterThan(REFUSED_MAX);
    expect(totals?.lines.refused).toBeLessThan(2 * REFUSED_MAX);
    expect(totals?.resources).toEqual(totals?.lines);
    // What came before is in the register, the report can be read, and the next file has its turn.
    await expect(kit.sourceRecord(provider, 'p1')).resolves.toBeDefined();
    expect(await kit.findings(provider, ingest.id)).toHaveLength(totals?.lines.refused ?? 0);
    expect(await kit.ingests.run(ingest.id)).toBe('failed');
    const next = await kit.ingest(provider, ndjson(patient));
    expect(next).toMatchObject({ state: 'finished', totals: { lines: { unchanged: 1 } } });
  });

  it('is not the time for one line of very many refused resources', async () => {
    const entry = Array.from({ length: REFUSED_MAX + 1 }, () => ({ resource: { resourceType: 'Nothing' } }));
    const ingest = await kit.ingest(provider, ndjson({ resourceType: 'Bundle', type: 'collection', entry }));
    expect(ingest).toMatchObject({ state: 'failed', reason: 'REFUSALS_EXCEEDED', totals: { lines: { refused: 1 } } });
  });

  it('leaves a file alone that stays below', async () => {
    const ingest = await kit.ingest(provider, Buffer.concat([ndjson(patient), Buffer.alloc(2 * REFUSED_MAX, 'x\n')]));
    expect(ingest).toMatchObject({ state: 'finished', reason: null, totals: { lines: { refused: REFUSED_MAX } } });
  });

  it('is a number of announced uploads, also of parallel ones, until they are sent or expire', async () => {
    const open = () => db.database.transaction('api', (tx) => kit.uploads.open(tx, provider));
    const all = await Promise.allSettled(Array.from({ length: UPLOADS_OPEN_MAX + 5 }, open));
    const opened = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(opened).toHaveLength(UPLOADS_OPEN_MAX);
    expect(refused).toEqual(Array(5).fill(expect.objectContaining({ code: 'UPLOADS_OPEN_TOO_MANY' })));
    const other = await addProvider(db);
    await expect(db.database.transaction('api', (tx) => kit.uploads.open(tx, other))).resolves.toBeDefined();
    await kit.uploads.receive(provider, opened[0]?.id as string, { content: bytes() });
    await expect(open()).resolves.toBeDefined();
    await expect(open()).rejects.toMatchObject({ code: 'UPLOADS_OPEN_TOO_MANY' });
    ahead = (UPLOAD_HOURS + 1) * HOUR_MS;
    await expect(open()).resolves.toBeDefined();
  });

  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('{}\n');
  }
});
