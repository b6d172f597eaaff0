import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { ndjson, RegisterKit } from './testing';

/** A freeze of a provider against what it has sent and is sending. */
describe('a stopped provider', () => {
  let kit: RegisterKit;
  let identity: IdentityKit;
  let officer: Member;
  let clinic: Member;
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
    officer = await identity.member('officer');
  });
  afterAll(() => identity.test.close());
  beforeEach(async () => {
    clinic = await identity.member('provider');
  });

  const file = () => ndjson({ resourceType: 'Patient', id: 'p1', birthDate: '1980-01-01' });
  const api = <T>(use: Parameters<typeof identity.test.database.transaction<T>>[1]) =>
    identity.test.database.transaction('api', use);
  const segments = () =>
    identity.test.ownerQuery(
      'select from register.segment s join register.source_record r on r.id = s.source_record_id where r.provider_id = $1',
      [clinic.actor.partyId],
    );

  it('announces nothing, and a file on its way is not taken', async () => {
    const { partyId } = clinic.actor;
    const upload = await api((tx) => kit.uploads.open(tx, partyId));
    async function* content() {
      yield file();
      await identity.freeze(clinic, officer);
    }
    await expect(kit.uploads.receive(partyId, upload.id, { content: content() })).rejects.toMatchObject({
      code: 'PARTY_NOT_ACTIVE',
    });
    await expect(api((tx) => kit.uploads.open(tx, partyId))).rejects.toMatchObject({ code: 'PARTY_NOT_ACTIVE' });
    const staged: string[] = [];
    for await (const key of identity.test.blobs.list('uploads/')) staged.push(key);
    expect(staged).toEqual([]);
  });

  it('has its accepted ingest end as failed with the reason, and nothing written', async () => {
    const { partyId } = clinic.actor;
    const upload = await api((tx) => kit.uploads.open(tx, partyId));
    async function* content() {
      yield file();
    }
    await kit.uploads.receive(partyId, upload.id, { content: content() });
    const ingest = await api((tx) => kit.ingests.start(tx, partyId, upload.id));
    await identity.freeze(clinic, officer);
    expect(await kit.ingests.run(ingest.id)).toBe('failed');
    const ended = await api((tx) => kit.ingests.find(tx, partyId, ingest.id));
    expect(ended).toMatchObject({ state: 'failed', reason: 'PARTY_NOT_ACTIVE' });
    expect(await segments()).toEqual([]);
  });

  it('gets no segment into the register, whatever the program asks for', async () => {
    await kit.ingest(clinic.actor.partyId, file());
    expect(await segments()).toHaveLength(1);
    await identity.freeze(clinic, officer);
    const direct = identity.test.database.query(
      'worker',
      `insert into register.segment
       select source_record_id, sequence + 1, digest, digest, header, sealed, key_wrapped, versions, ingest_id, ledger_entry_id
         from register.segment where source_record_id in (select id from register.source_record where provider_id = $1)`,
      [clinic.actor.partyId],
    );
    await expect(direct).rejects.toMatchObject({ constraint: 'party_active' });
  });
});
