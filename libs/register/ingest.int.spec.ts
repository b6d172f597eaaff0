import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { PartyId } from '@aceso/kernel';

import { addProvider, ndjson, RegisterKit } from './testing';

const patient = (id: string, change: object = {}) => ({
  resourceType: 'Patient',
  id,
  birthDate: '1980-02-29',
  ...change,
});
const condition = (id: string, patientId: string, change: object = {}) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patientId}` },
  code: { coding: [{ system: 'http://snomed.info/sct', code: '44054006', display: 'Diabetes' }] },
  ...change,
});

describe('ingest', () => {
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

  const segments = (providerId: PartyId) =>
    db.ownerQuery<{ kind: string; sequence: number; versions: number }>(
      `select kind, sequence, octet_length(versions) / 32 as versions from register.segment s
       join register.source_record r on r.id = s.source_record_id where provider_id = $1 order by kind, r.created_at, sequence`,
      [providerId],
    );

  it('takes resources in any order and seals them by patient', async () => {
    const organization = { resourceType: 'Organization', id: 'o1' };
    const ingest = await kit.ingest(
      provider,
      ndjson(condition('c1', 'p1'), patient('p1'), organization, patient('p2')),
    );
    expect(ingest).toMatchObject({
      state: 'finished',
      totals: {
        resources: { accepted: 4, unchanged: 0, quarantined: 0, refused: 0 },
        lines: { accepted: 4, unchanged: 0, quarantined: 0, refused: 0 },
      },
    });
    expect((await segments(provider)).map(({ kind, versions }) => [kind, versions])).toEqual(
      expect.arrayContaining([
        ['directory', 1],
        ['patient', 1],
        ['patient', 2],
      ]),
    );
    expect(await kit.findings(provider, ingest.id)).toEqual([]);
  });

  it('names what was sent before and keeps what is new', async () => {
    await kit.ingest(provider, ndjson(patient('p1'), condition('c1', 'p1')));
    const reordered = '{"id":"p1","birthDate":"1980-02-29","resourceType":"Patient"}';
    const ingest = await kit.ingest(
      provider,
      ndjson(reordered, condition('c1', 'p1', { note: [] }), condition('c2', 'p1')),
    );
    expect(ingest.totals?.resources).toEqual({ accepted: 2, unchanged: 1, quarantined: 0, refused: 0 });
    expect(await kit.findings(provider, ingest.id)).toEqual([
      { line: 1, entry: 0, verdict: 'unchanged', code: 'SENT_BEFORE' },
    ]);
    expect((await segments(provider)).map(({ sequence, versions }) => [sequence, versions])).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it('gives the verdict of each resource, also in a line of which something was new, in the order of the file', async () => {
    const bundle = (...resources: object[]) => ({
      resourceType: 'Bundle',
      entry: resources.map((resource) => ({ resource })),
    });
    await kit.ingest(provider, ndjson(patient('p1'), condition('c1', 'p1')));
    // More lines than one batch holds, so that the patient of what waits comes in a later one.
    const filler = Array.from({ length: 4_000 }, () => patient('p1'));
    const ingest = await kit.ingest(
      provider,
      ndjson(
        bundle(condition('w', 'p2'), patient('p1'), condition('c2', 'p1'), condition('w', 'p2'), condition('x', 'p9')),
        ...filler,
        bundle(condition('c1', 'p1'), { resourceType: 'Nothing', id: 'x' }, patient('p2')),
      ),
    );
    expect(ingest.totals?.resources).toEqual({ accepted: 3, unchanged: 4_003, quarantined: 1, refused: 1 });
    const findings = await kit.findings(provider, ingest.id);
    expect(findings.filter(({ line }) => line < 3 || line > 4_000)).toEqual([
      { line: 1, entry: 1, verdict: 'unchanged', code: 'SENT_BEFORE' },
      { line: 1, entry: 3, verdict: 'unchanged', code: 'SENT_BEFORE' },
      { line: 1, entry: 4, verdict: 'quarantined', code: 'PATIENT_UNKNOWN', path: 'Condition.subject' },
      { line: 2, entry: 0, verdict: 'unchanged', code: 'SENT_BEFORE' },
      { line: 4_001, entry: 0, verdict: 'unchanged', code: 'SENT_BEFORE' },
      { line: 4_002, entry: 0, verdict: 'unchanged', code: 'SENT_BEFORE' },
      { line: 4_002, entry: 1, verdict: 'refused', code: 'RESOURCE_TYPE_UNKNOWN', path: 'resourceType' },
    ]);
    expect(findings).toHaveLength(4_005);
    const left: string[] = [];
    for await (const key of db.blobs.list('reports/')) if (key.endsWith('.spool')) left.push(key);
    expect(left).toEqual([]);
  });

  it('takes an older version again when it was sent again', async () => {
    const first = condition('c1', 'p1');
    const second = condition('c1', 'p1', { note: [] });
    const ingest = await kit.ingest(provider, ndjson(patient('p1'), first, second, second, first));
    expect(ingest.totals?.resources).toEqual({ accepted: 4, unchanged: 1, quarantined: 0, refused: 0 });
  });

  it('lets a resource wait for its patient and places it when the patient comes later', async () => {
    const early = await kit.ingest(
      provider,
      ndjson(condition('c1', 'p1'), condition('c2', 'p1'), condition('c3', 'p9')),
    );
    expect(early.totals?.lines).toEqual({ accepted: 0, unchanged: 0, quarantined: 3, refused: 0 });
    expect((await kit.findings(provider, early.id)).map(({ line, code }) => [line, code])).toEqual([
      [1, 'PATIENT_UNKNOWN'],
      [2, 'PATIENT_UNKNOWN'],
      [3, 'PATIENT_UNKNOWN'],
    ]);
    const late = await kit.ingest(provider, ndjson(patient('p1')));
    expect(late.totals?.resources).toEqual({ accepted: 1, unchanged: 0, quarantined: 0, refused: 0 });
    expect((await segments(provider)).map(({ versions }) => versions)).toEqual([3]);
    const [{ recovered }] = (await db.ownerQuery<{ recovered: number }>(
      'select recovered from register.ingest where id = $1',
      [late.id],
    )) as [{ recovered: number }];
    expect(recovered).toBe(2);
    expect(await kit.find(provider, early.id)).toMatchObject({ totals: early.totals, placedLater: 2, expired: 0 });
    expect(late).toMatchObject({ placedLater: 0, expired: 0 });
    const again = await kit.ingest(provider, ndjson(condition('c1', 'p1'), condition('c2', 'p1')));
    expect(again.totals?.resources).toEqual({ accepted: 0, unchanged: 2, quarantined: 0, refused: 0 });
    expect(await kit.find(provider, early.id)).toMatchObject({ placedLater: 2, expired: 0 });
  });

  it('tells the sender nothing of what another provider makes known', async () => {
    const early = await kit.ingest(provider, ndjson(condition('c1', 'p1')));
    await kit.ingest(await addProvider(db), ndjson(patient('p1'), condition('c1', 'p1')));
    expect(await kit.find(provider, early.id)).toMatchObject({ placedLater: 0, expired: 0 });
  });

  it('counts a line by its worst resource, after waiting ones were placed', async () => {
    const bundle = (...resources: object[]) => ({
      resourceType: 'Bundle',
      entry: resources.map((resource) => ({ resource })),
    });
    // More lines than one batch holds, so that the patient comes in a later one.
    const filler = Array.from({ length: 4_500 }, (_, index) => ({ resourceType: 'Organization', id: `o${index}` }));
    const ingest = await kit.ingest(
      provider,
      ndjson(
        bundle(condition('c1', 'p1'), { resourceType: 'Organization', id: 'x' }),
        bundle(condition('c2', 'p1'), { resourceType: 'Nothing', id: 'x' }),
        bundle(condition('c3', 'p1'), condition('c4', 'p9')),
        ...filler,
        patient('p1'),
      ),
    );
    expect(ingest.totals).toEqual({
      resources: { accepted: 4_505, unchanged: 0, quarantined: 1, refused: 1 },
      lines: { accepted: 4_502, unchanged: 0, quarantined: 1, refused: 1 },
    });
    expect(await kit.findings(provider, ingest.id)).toEqual([
      { line: 2, entry: 1, verdict: 'refused', code: 'RESOURCE_TYPE_UNKNOWN', path: 'resourceType' },
      { line: 3, entry: 1, verdict: 'quarantined', code: 'PATIENT_UNKNOWN', path: 'Condition.subject' },
    ]);
  });

  it('stores nothing in clear', async () => {
    const name = 'Zebulon Quackenbush';
    const sent = ndjson(
      patient('local-77', { name: [{ text: name }] }),
      condition('c', 'nobody', { note: [{ text: name }] }),
    );
    await kit.ingest(provider, sent);
    const rows = await db.ownerQuery<{ text: string }>(
      `select s::text as text from register.segment s union all select q::text from register.quarantine q
       union all select r::text from register.source_record r`,
    );
    const stored =
      rows.map(({ text }) => text).join() + Buffer.from(rows.map(({ text }) => text).join()).toString('latin1');
    for (const secret of [
      name,
      'local-77',
      Buffer.from(name).toString('hex'),
      Buffer.from('local-77').toString('hex'),
    ]) {
      expect(stored).not.toContain(secret);
    }
  });

  it('writes a ledger entry a segment and an access event a source record', async () => {
    const ingest = await kit.ingest(provider, ndjson(patient('p1'), patient('p2')));
    const [count] = await db.ownerQuery<{ segments: number; entries: number; events: number }>(
      `select (select count(*)::int from register.segment where ingest_id = $1) as segments,
         (select count(*)::int from ledger.pending p join register.segment s on s.ledger_entry_id = p.id
          where s.ingest_id = $1) as entries,
         (select count(*)::int from audit.access_event where act = 'record.written' and object_id = $1) as events`,
      [ingest.id],
    );
    expect(count).toEqual({ segments: 2, entries: 2, events: 2 });
  });

  it('runs the ingests of one provider one after the other', async () => {
    const first = await kit.send(provider, ndjson(patient('p1')));
    const second = await kit.send(provider, ndjson(patient('p1')));
    expect(await kit.ingests.run(second)).toBe('waiting');
    expect(await kit.ingests.run(first)).toBe('finished');
    expect(await kit.ingests.run(second)).toBe('finished');
    expect(await kit.ingests.run(second)).toBe('finished');
    expect((await kit.find(provider, second)).totals?.resources.unchanged).toBe(1);
  });
});
