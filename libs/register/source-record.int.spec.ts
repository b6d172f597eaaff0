import type { PersonId } from '@aceso/kernel';
import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';

import { RegisteredSourceRecords } from './source-record-directory';
import { LOCAL_IDS_MAX } from './source-record.service';
import { ndjson, RegisterKit } from './testing';

const CODE = 'A1B2C-D3E4F-G5H6J';
const patient = (id: string) => ({ resourceType: 'Patient', id, birthDate: '1980-02-29' });

describe('source records', () => {
  let identity: IdentityKit;
  let kit: RegisterKit;
  let amina: Member;
  let clinics: [Member, Member];
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
    amina = await identity.member('patient');
    clinics = [await identity.member('provider'), await identity.member('provider')];
    for (const clinic of clinics) await kit.ingest(clinic.actor.partyId, ndjson(patient('local-1')));
  });
  afterAll(() => identity.test.close());

  async function bind(clinic: Member): Promise<void> {
    const record = await kit.sourceRecord(clinic.actor.partyId, 'local-1');
    identity.records.holders.set(record, clinic.actor.partyId);
    const attestation = await identity.attest(clinic, record, CODE);
    await identity.bindings.bind(amina.actor, amina.client.binding(record, attestation), CODE);
  }

  it('gives the heads that a grant names', async () => {
    for (const clinic of clinics) await bind(clinic);
    const heads = await identity.test.database.transaction('api', (tx) =>
      kit.sourceRecords.heads(tx, amina.actor.personId as PersonId),
    );
    expect(heads.map(({ sequence, digest }) => [sequence, digest?.length])).toEqual([
      [1, 64],
      [1, 64],
    ]);
  });

  it('knows whose record it is, and of no directory', async () => {
    const directory = new RegisteredSourceRecords();
    const record = await kit.sourceRecord(clinics[0].actor.partyId, 'local-1');
    await kit.ingest(clinics[0].actor.partyId, ndjson({ resourceType: 'Organization', id: 'o' }));
    const rows = await identity.test.ownerQuery<{ id: typeof record }>(
      `select id from register.source_record where kind = 'directory'`,
    );
    await identity.test.database.transaction('api', async (tx) => {
      expect(await directory.providerOf(tx, record)).toBe(clinics[0].actor.partyId);
      expect(await directory.providerOf(tx, rows[0]?.id as typeof record)).toBeNull();
    });
  });

  it('answers for a bounded number of local ids', async () => {
    const ids = Array.from({ length: LOCAL_IDS_MAX + 1 }, (_, index) => `${index}`);
    const asked = identity.test.database.transaction('api', (tx) =>
      kit.sourceRecords.byLocalIds(tx, clinics[0].actor.partyId, ids),
    );
    await expect(asked).rejects.toMatchObject({ code: 'LOCAL_IDS_TOO_MANY' });
  });
});
