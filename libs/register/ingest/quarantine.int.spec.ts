import type { Finding } from '@aceso/fhir';
import { utf8, type PartyId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

import { addProvider, ndjson, RegisterKit } from '../testing';

const patient = (id: string) => ({ resourceType: 'Patient', id });
const condition = (id: string, patientId: string, change: object = {}) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: `Patient/${patientId}` },
  ...change,
});
const BALLOT: Finding = { code: 'BALLOT_SHAPE', path: 'Condition.context' };
const UNRESOLVED: Finding = { code: 'PATIENT_REFERENCE_UNRESOLVED', path: 'Condition.subject' };

describe('what no patient can help', () => {
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

  /** Puts resources aside as this or an older version of the software would, in an ingest of their own. */
  async function setAside(waits: readonly (readonly [object, Finding])[], older: boolean): Promise<string> {
    const { id: ingestId } = await kit.ingest(provider, ndjson({ resourceType: 'Organization', id: 'o' }));
    const rows = waits.map(([resource, finding], index) => ({
      line: index + 1,
      entry: 0,
      finding,
      canonical: utf8(JSON.stringify(resource)),
      waitingFor: undefined,
      rest: 0,
    }));
    await db.database.transaction('worker', async (tx) => {
      const { key } = await kit.keys.provider(tx, provider, { act: 'upload.opened', actorId: provider });
      await kit.quarantine.add(tx, rows, { providerId: provider, ingestId, providerKey: key });
    });
    if (older) await db.ownerQuery(`update register.quarantine set read_by = '0.0.1' where ingest_id = $1`, [ingestId]);
    return ingestId;
  }
  const waiting = () =>
    db.ownerQuery<{ line: number; code: string; path: string }>(
      'select line, code, path from register.quarantine where provider_id = $1 order by line',
      [provider],
    );
  const versions = async (localId: string) => {
    const record = await kit.sourceRecord(provider, localId);
    const rows = await db.ownerQuery<{ versions: number }>(
      'select sum(octet_length(versions) / 32)::int as versions from register.segment where source_record_id = $1',
      [record],
    );
    return rows[0]?.versions;
  };

  it('is read again by a later version of the software: placed, waiting for its patient, or as it was', async () => {
    await kit.ingest(provider, ndjson(patient('known')));
    await setAside(
      [
        [condition('c1', 'known'), BALLOT],
        [condition('c2', 'late'), UNRESOLVED],
        [condition('c3', 'known', { context: {} }), BALLOT],
        [condition('c4', 'x', { subject: { display: 'somebody' } }), UNRESOLVED],
      ],
      true,
    );
    // A file that names none of the patients.
    const ingest = await kit.ingest(provider, ndjson({ resourceType: 'Organization', id: 'o2' }));
    expect(ingest.totals?.resources).toEqual({ accepted: 1, unchanged: 0, quarantined: 0, refused: 0 });
    expect(await versions('known')).toBe(2);
    expect(await waiting()).toEqual([
      { line: 2, code: 'PATIENT_UNKNOWN', path: 'Condition.subject' },
      { line: 3, ...BALLOT },
      { line: 4, ...UNRESOLVED },
    ]);
    await kit.ingest(provider, ndjson(patient('late')));
    expect(await versions('late')).toBe(2);
    expect((await waiting()).map(({ line }) => line)).toEqual([3, 4]);
  });

  it('is not read again by the version that could not read it', async () => {
    await kit.ingest(provider, ndjson(patient('known')));
    await setAside([[condition('c1', 'known'), BALLOT]], false);
    await kit.ingest(provider, ndjson({ resourceType: 'Organization', id: 'o2' }));
    expect(await waiting()).toEqual([{ line: 1, ...BALLOT }]);
  });

  it('waits on in its ballot shape, though its patient is known', async () => {
    await kit.ingest(provider, ndjson(patient('p'), condition('c1', 'p', { context: {} })));
    const named = await db.ownerQuery(
      `update register.quarantine set waiting_for = r.local_id_hash from register.source_record r
       where r.provider_id = $1 and quarantine.provider_id = $1 returning 1`,
      [provider],
    );
    expect(named).toHaveLength(1);
    await kit.ingest(provider, ndjson(condition('c2', 'p')));
    expect(await versions('p')).toBe(2);
    expect((await waiting()).map(({ code }) => code)).toEqual(['BALLOT_SHAPE']);
  });
});
