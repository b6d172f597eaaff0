import type { PartyId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

import { addProvider, ndjson, RegisterKit } from '../testing';
import { RecordOpener } from './record-opener';
import type { ResourceRow } from './resource-row';
import { RUN_LIMITS } from './run-context';

const organization = (number: number, version = 1) => ({
  resourceType: 'Organization',
  id: `o${number}`,
  name: `version ${version}`,
});
const condition = (id: string, patientId: string) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patientId}` },
});
const range = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('one large source record', () => {
  let db: TestDatabase;
  let provider: PartyId;
  beforeAll(async () => {
    db = await startTestDatabase();
  });
  beforeEach(async () => {
    provider = await addProvider(db);
  });
  afterAll(() => db.close());

  it('is held only as far as the lines name it', async () => {
    const kit = new RegisterKit(db);
    await kit.ingest(provider, ndjson(...range(1_000).map((number) => organization(number))));
    const [record] = await db.ownerQuery<{ hash: string }>(
      `select encode(local_id_hash, 'hex') as hash from register.source_record where provider_id = $1`,
      [provider],
    );
    const row = (id: string): ResourceRow => ({
      line: 1,
      entry: 0,
      type: 'Organization',
      id,
      localId: undefined,
      canonical: Buffer.from('{}'),
    });
    const hash = record?.hash as string;
    const wanted = { hash, kind: 'directory', create: true, rows: [row('o7'), row('new')] } as const;
    const context = { providerId: provider, ingestId: db.runtime.uuid(), hashVersion: 1, accepted: new Map() };
    const opener = new RecordOpener(kit.audit, db.custody, db.runtime);
    const open = (versionsMax: number) =>
      db.database.transaction('worker', (tx) => opener.open(tx, [wanted], { ...context, versionsMax }));
    const whole = (await open(1_000)).get(hash);
    expect([whole?.size, whole?.isPartial, whole?.knows(row('o8'))]).toEqual([1_000, false, true]);
    const partial = (await open(999)).get(hash);
    expect([partial?.size, partial?.isPartial, partial?.knows(row('o8'))]).toEqual([1, true, false]);
    expect([partial?.knows(row('o7')), partial?.knows(row('new'))]).toEqual([true, true]);
  });

  it('takes the same in, whether it fits into memory or not', async () => {
    // Several batches of lines; in each something is new, changed, sent before, and changed back.
    const lines = range(4).flatMap((round) => [
      ...range(2_500).map((number) => organization(number + 500 * round)),
      ...range(20).flatMap((number) => [organization(number, 2), organization(number), organization(number, 2)]),
      ...Array.from({ length: 2_000 }, () => ''),
    ]);
    const outcomes = [];
    for (const versionsMax of [RUN_LIMITS.versionsMax, 1_000]) {
      const kit = new RegisterKit(db, { ...RUN_LIMITS, versionsMax });
      provider = await addProvider(db);
      const first = await kit.ingest(provider, ndjson(...lines));
      const second = await kit.ingest(provider, ndjson(...lines));
      const [stored] = await db.ownerQuery(
        `select sum(octet_length(versions) / 32)::int as versions from register.segment s
         join register.source_record r on r.id = s.source_record_id where provider_id = $1`,
        [provider],
      );
      outcomes.push({ first: first.totals, second: second.totals, stored });
    }
    expect(outcomes[0]?.first?.resources).toMatchObject({ quarantined: 0, refused: 0 });
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  it('has an end: what is beyond is refused, and what stands is still known', async () => {
    const kit = new RegisterKit(db, { ...RUN_LIMITS, recordVersionsMax: 3 });
    const patient = { resourceType: 'Patient', id: 'p' };
    const sent = ndjson(...range(5).map((number) => organization(number)), patient);
    for (const [accepted, unchanged] of [
      [4, 0],
      [0, 4],
    ]) {
      const ingest = await kit.ingest(provider, sent);
      expect(ingest.totals?.resources).toEqual({ accepted, unchanged, quarantined: 0, refused: 2 });
      const findings = await kit.findings(provider, ingest.id);
      expect(findings.filter(({ verdict }) => verdict === 'refused')).toEqual(
        [4, 5].map((line) => ({ line, entry: 0, verdict: 'refused', code: 'RECORD_FULL', path: 'Organization' })),
      );
    }
  });

  it('takes in what waited for it, as far as there is room, and the rest once there is', async () => {
    const patient = { resourceType: 'Patient', id: 'p' };
    const small = new RegisterKit(db, { ...RUN_LIMITS, recordVersionsMax: 3 });
    await small.ingest(provider, ndjson(...range(5).map((number) => condition(`c${number}`, 'p'))));
    await small.ingest(provider, ndjson(patient));
    const waiting = () => db.ownerQuery('select 1 from register.quarantine where provider_id = $1', [provider]);
    expect(await waiting()).toHaveLength(2);
    const large = new RegisterKit(db, { ...RUN_LIMITS, versionsMax: 0, pendingBytesMax: 0, pendingBytesLow: 0 });
    const ingest = await large.ingest(provider, ndjson(condition('c4', 'p'), condition('c5', 'p'), patient));
    // The Patient had come when the record was full already.
    expect(ingest.totals?.resources).toEqual({ accepted: 2, unchanged: 1, quarantined: 0, refused: 0 });
    expect(await waiting()).toEqual([]);
  });
});
