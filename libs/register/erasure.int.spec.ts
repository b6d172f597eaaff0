import { ERASURE, ERASURE_CONFIRMATION, ERASURE_HELD_DAYS_MAX } from '@aceso/identity/domain';
import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { hex, statementDigest, type SourceRecordId } from '@aceso/kernel';
import {
  applyTombstones,
  checkTombstones,
  Database,
  readTombstones,
  sha256,
  TOMBSTONE_MARKS_MAX,
} from '@aceso/platform';

import type { ErasureService } from './erasure.service';
import { boundPatient, CONTACT, createErasures, ndjson, RegisterKit, type BoundPatient } from './testing';

jest.setTimeout(60_000);

const REASON = { purpose: 'test', actorId: null };
let identity: IdentityKit;
let kit: RegisterKit;
let erasures: ErasureService;

beforeAll(async () => {
  identity = await openIdentityKit();
  kit = new RegisterKit(identity.test);
  erasures = createErasures(identity);
}, 120_000);
afterAll(() => identity.test.close());

const patient = () => boundPatient(identity, kit);
type Patient = BoundPatient;

const erase = ({ actor, client }: Patient, sourceRecord: string | null, text = client.erasure(sourceRecord)) =>
  identity.test.database.transaction('api', (tx) => erasures.erase(tx, actor, text));

async function count(sql: string, ...params: unknown[]): Promise<number> {
  return Number((await identity.test.ownerQuery<{ n: string }>(`select count(*) as n from ${sql}`, params))[0]?.n);
}

/** What is left of a patient in every place that an erasure empties. */
async function left({ actor, records }: Patient) {
  const { partyId, personId } = actor;
  return {
    keys: await count('register.source_record where id = any ($1::uuid[]) and key_wrapped is not null', records),
    hashes: await count('register.identifier_hash where source_record_id = any ($1::uuid[])', records),
    links: await count(
      'register.link where array[first_source_record_id, second_source_record_id] && $1::uuid[]',
      records,
    ),
    bindings: await count('identity.binding where person_id = $1 and ended_at is null', personId),
    index: await count('register.person_index where person_id = $1', personId),
    facts: await count('facts.fact join register.person_index using (index_no) where person_id = $1', personId),
    contact: await count('vault.contact where party_id = $1', partyId),
    vaultKey: await count('vault.data_key where party_id = $1', partyId),
    segments: await count('register.segment where source_record_id = any ($1::uuid[])', records),
  };
}

const read = ({ actor }: Patient, sourceRecordId: SourceRecordId) =>
  identity.test.database.transaction('worker', (tx) =>
    kit.reader.prepare(tx, [{ sourceRecordId, personId: actor.personId as never, upToSequence: 1 }], REASON),
  );

const digest = (text: string) => statementDigest(JSON.parse(text) as never, sha256);

describe('the erasure of a person', () => {
  it('takes keys, hashes, links, facts and contact in one transaction, and leaves ciphertext that nothing opens', async () => {
    const amina = await patient();
    expect(await left(amina)).toMatchObject({ keys: 2, links: 1, bindings: 2, index: 1, contact: 1, vaultKey: 1 });
    expect((await left(amina)).hashes).toBeGreaterThan(0);
    expect((await left(amina)).facts).toBeGreaterThan(0);
    const { gate } = await gateOf(amina);
    const erasure = await erase(amina, null);
    expect(await left(amina)).toEqual({
      keys: 0,
      hashes: 0,
      links: 0,
      bindings: 0,
      index: 0,
      facts: 0,
      contact: 0,
      vaultKey: 0,
      segments: 2,
    });
    expect(erasure).toMatchObject({ records: 2, sourceRecordId: null });
    expect(await gateOf(amina)).toEqual({ gate: gate + 1, by: 'erasure' });
    for (const record of amina.records) {
      await expect(read(amina, record)).rejects.toMatchObject({ code: 'SOURCE_RECORD_NOT_FOUND' });
    }
    await expect(identity.vault.readContact(amina.actor)).resolves.toBeNull();
  });

  it('changes nothing the second time, and gives the same answer', async () => {
    const amina = await patient();
    const text = amina.client.erasure(null);
    const first = await erase(amina, null, text);
    const stones = readTombstones(identity.test.custody.folder).length;
    expect(await erase(amina, null, text)).toEqual(first);
    expect(readTombstones(identity.test.custody.folder)).toHaveLength(stones);
  });

  it('waits while a freeze suspects the key, and no longer than the law gives', async () => {
    const amina = await patient();
    const officers = [await identity.member('officer'), await identity.member('officer')] as const;
    await identity.freeze(amina, ...officers);
    const claims = { sourceRecord: null, confirmation: ERASURE_CONFIRMATION } as const;
    const text = amina.client.signNext(ERASURE, claims, { lifetimeSeconds: 40 * 86_400 });
    const held = ERASURE_HELD_DAYS_MAX * 86_400_000;
    for (const ahead of [0, held - 60_000]) {
      identity.aheadMs = ahead;
      await expect(erase(amina, null, text)).rejects.toMatchObject({ code: 'ERASURE_HELD' });
    }
    expect(await left(amina)).toMatchObject({ keys: 2, contact: 1 });
    // Whatever a program lets through, the database takes no statement either.
    const stored = (at: string) =>
      identity.test.ownerQuery(
        `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
         values (sha256($2::text::bytea), $1, $3, gen_random_uuid(), 'aceso/erasure/v1', '{}', $2::timestamptz)`,
        [amina.actor.partyId, at, amina.client.did],
      );
    await expect(stored(new Date(Date.now() + held - 60_000).toISOString())).rejects.toMatchObject({
      constraint: 'party_active',
    });
    identity.aheadMs = held + 60_000;
    await erase(amina, null, text);
    identity.aheadMs = 0;
    expect(await left(amina)).toMatchObject({ keys: 0, contact: 0 });
  });

  it('leaves a login, so that receipt and money stay within reach, and nothing else', async () => {
    const amina = await patient();
    await erase(amina, null);
    const login = identity.test.database.transaction('api', (tx) => identity.logins.login(tx, amina.client.login()));
    await expect(login).resolves.toMatchObject({ party: { partyId: amina.actor.partyId } });
    const [provider] = amina.providers as [Member];
    const record = identity.records.add(provider.actor.partyId);
    const attestation = await identity.attest(provider, record, 'CODE-AGAIN-1234');
    const binding = amina.client.binding(record, attestation);
    await expect(identity.bindings.bind(amina.actor, binding, 'CODE-AGAIN-1234')).rejects.toMatchObject({
      code: 'PARTY_ERASED',
    });
    await expect(identity.vault.saveContact(amina.actor, CONTACT as never)).rejects.toThrow('saves no contact');
  });

  it('takes the rules, which name diagnoses, and their text with them; nobody changes another statement', async () => {
    const amina = await patient();
    const { partyId, personId } = amina.actor;
    const rules = await identity.test.ownerQuery<{ digest: Buffer }>(
      `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
       values (sha256(gen_random_uuid()::text::bytea), $1, $2, gen_random_uuid(), 'aceso/permission-rules/v1', $3, now())
       returning digest`,
      [partyId, amina.client.did, '{"codes":["F32.1"]}'],
    );
    await identity.test.ownerQuery('insert into consent.permission_set values ($1, $2, now())', [
      personId,
      rules[0]?.digest,
    ]);
    const change = `update identity.statement set text = '{}' where party_id = $1`;
    await expect(identity.test.ownerQuery(change, [partyId])).rejects.toThrow('append-only');
    await erase(amina, null);
    expect(await count(`identity.statement where party_id = $1 and text like '%F32%'`, partyId)).toBe(0);
    expect(await count('consent.permission_set where person_id = $1', personId)).toBe(0);
    expect(await count('cohort.found_change where person_id = $1', personId)).toBe(0);
    await expect(identity.test.ownerQuery(change, [partyId])).rejects.toThrow('append-only');
  });

  it('revokes every other device', async () => {
    const amina = await patient();
    const other = identity.client();
    await identity.test.ownerQuery('insert into identity.party_key (did, party_id, added_at) values ($1, $2, now())', [
      other.did,
      amina.actor.partyId,
    ]);
    await erase(amina, null);
    const rows = await identity.test.ownerQuery<{ did: string; revoked: boolean }>(
      'select did, revoked_at is not null as revoked from identity.party_key where party_id = $1 order by revoked_at',
      [amina.actor.partyId],
    );
    expect(rows).toEqual([
      { did: other.did, revoked: true },
      { did: amina.client.did, revoked: false },
    ]);
  });

  it('hands person, records and party to the batches of the ledger, and keeps the receipt under a key of its own', async () => {
    const amina = await patient();
    const { id } = await erase(amina, null);
    const waiting = await identity.test.ownerQuery<{ subject_id: string }>(
      'select subject_id from ledger.awaiting_erasure where subject_id = any ($1::uuid[])',
      [[...amina.records, amina.actor.personId, amina.actor.partyId, id]],
    );
    expect(waiting.map(({ subject_id }) => subject_id).sort()).toEqual(
      [...amina.records, amina.actor.personId, amina.actor.partyId].sort(),
    );
    const [own] = await erasures.own(amina.actor);
    expect(own?.erasure.id).toBe(id);
  });

  it('makes a new record of what the provider sends later', async () => {
    const amina = await patient();
    const [provider] = amina.providers as [Member];
    await erase(amina, null);
    await kit.ingest(provider.actor.partyId, ndjson({ resourceType: 'Patient', id: 'a', birthDate: '1980-02-29' }));
    const again = await kit.sourceRecord(provider.actor.partyId, 'a');
    expect(amina.records).not.toContain(again);
  });
});

describe('the erasure of one source record', () => {
  it('leaves the other one, the contact and the account', async () => {
    const amina = await patient();
    const [gone, kept] = amina.records as [SourceRecordId, SourceRecordId];
    await erase(amina, gone);
    expect(await left(amina)).toMatchObject({ keys: 1, links: 0, bindings: 1, contact: 1, vaultKey: 1 });
    await expect(read(amina, gone)).rejects.toMatchObject({ code: 'SOURCE_RECORD_NOT_FOUND' });
    await expect(read(amina, kept)).resolves.toHaveLength(1);
    const outdated = await kit.index.outdated(1000);
    expect(outdated).toContainEqual({ personId: amina.actor.personId });
  });

  it('is refused for a record that is not bound to the signer, and leaves no tombstone', async () => {
    const [amina, other] = [await patient(), await patient()];
    const stones = readTombstones(identity.test.custody.folder).length;
    await expect(erase(amina, other.records[0] as string)).rejects.toMatchObject({ code: 'ERASURE_NOT_BOUND' });
    expect(await left(other)).toMatchObject({ keys: 2 });
    expect(readTombstones(identity.test.custody.folder)).toHaveLength(stones);
  });

  it('is refused as a whole beyond what one tombstone holds', async () => {
    const amina = await patient();
    await identity.test.ownerQuery(`
      begin;
      set local session_replication_role = replica;
      insert into identity.binding
        (statement_digest, source_record_id, person_id, provider_id, attestation_digest, evidence, bound_at)
      select sha256(convert_to('b' || n, 'UTF8')), gen_random_uuid(), '${amina.actor.personId}', gen_random_uuid(),
             sha256(convert_to('a' || n, 'UTF8')), 'in-person', now()
        from generate_series(1, ${TOMBSTONE_MARKS_MAX - 2}) n;
      commit`);
    await expect(erase(amina, null)).rejects.toMatchObject({ code: 'ERASURE_TOO_LARGE' });
    expect(await left(amina)).toMatchObject({ keys: 2, contact: 1 });
    await identity.test.ownerQuery(
      'delete from identity.binding where provider_id not in (select id from identity.party)',
    );
  });

  it('is refused by the database for another party, whatever the process says', async () => {
    const [amina, other] = [await patient(), await patient()];
    const text = amina.client.erasure(null);
    await identity.test.database.transaction('api', async (tx) => {
      await identity.statements.accept(tx, text, { ...ERASURE, actor: amina.actor });
    });
    const call = (actor: string, record: string | null) =>
      identity.test.database.transaction('api', async (tx) => {
        await tx.actAs(actor);
        await tx.query('select register.erase($1, gen_random_uuid(), $2, gen_random_uuid(), current_date)', [
          Buffer.from(digest(text)),
          record,
        ]);
      });
    await expect(call(other.actor.partyId, null)).rejects.toMatchObject({ code: '42501' });
    await expect(call(amina.actor.partyId, other.records[0] as string)).rejects.toMatchObject({ code: '42501' });
    expect(await left(other)).toMatchObject({ keys: 2 });
  });
});

describe('what an erasure leaves in the database', () => {
  it('is neither opened, moved nor deleted again, by the owner neither', async () => {
    const amina = await patient();
    await erase(amina, null);
    const [id] = amina.records;
    const change = 'an erased source record stays as it is';
    for (const set of ['erased_at = null', 'head_sequence = 9', "key_wrapped = '\\x00', key_epoch = 1"]) {
      await expect(
        identity.test.ownerQuery(`update register.source_record set ${set} where id = $1`, [id]),
      ).rejects.toThrow(change);
    }
    await expect(identity.test.ownerQuery('delete from register.source_record where id = $1', [id])).rejects.toThrow(
      'append-only',
    );
  });

  it('takes no hash and no link of an ingest that ends later', async () => {
    const [amina, other] = [await patient(), await patient()];
    await erase(amina, null);
    await identity.test.ownerQuery(`insert into register.identifier_hash values ($1, 'strong', sha256('x'), 1)`, [
      amina.records[0],
    ]);
    const pair = [amina.records[0], other.records[0]].sort();
    await identity.test.ownerQuery(
      `insert into register.link values (gen_random_uuid(), $1, $2, 'linked', '{}', now())`,
      pair,
    );
    expect(await left(amina)).toMatchObject({ hashes: 0, links: 0 });
    expect(await left(other)).toMatchObject({ links: 1 });
  });
});

describe('a tombstone', () => {
  it('names nobody: digests of random numbers, and nothing that stands elsewhere', async () => {
    const amina = await patient();
    const text = amina.client.erasure(null);
    await erase(amina, null, text);
    const stones = JSON.stringify(readTombstones(identity.test.custody.folder));
    const ids = [...amina.records, amina.actor.personId, amina.actor.partyId, amina.client.did];
    for (const id of [...ids, hex.encode(digest(text))]) expect(stones).not.toContain(id);
  });

  it('completes an erasure whose process died before the commit, at the next start', async () => {
    const amina = await patient();
    const text = amina.client.erasure(null);
    await expect(
      identity.test.database.transaction('api', async (tx) => {
        await erasures.erase(tx, amina.actor, text);
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await left(amina)).toMatchObject({ keys: 2, contact: 1 });
    const { folder } = identity.test.custody;
    const database = new Database({ urls: identity.test.roleUrls, poolSize: 1 });
    await expect(checkTombstones(database, folder)).rejects.toMatchObject({ code: 'ERASURES_NOT_APPLIED' });
    expect(await applyTombstones(identity.test.ownerUrl, folder)).toEqual({ applied: 1, records: 2 });
    await expect(checkTombstones(database, folder)).resolves.toBeUndefined();
    await database.close();
    expect(await left(amina)).toMatchObject({ keys: 0, hashes: 0, links: 0, bindings: 0, facts: 0, contact: 0 });
    expect(await gateOf(amina)).toMatchObject({ by: 'erasure' });
    expect(await applyTombstones(identity.test.ownerUrl, folder)).toEqual({ applied: 0, records: 0 });
    expect(await erase(amina, null, text)).toMatchObject({ records: 0 });
  });
});

async function gateOf({ actor }: Patient): Promise<{ gate: number; by: string | null }> {
  const [row] = await identity.test.ownerQuery<{ gate: number; by: string | null }>(
    'select version as gate, narrowed_by as by from identity.patient_gate where person_id = $1',
    [actor.personId],
  );
  return row as { gate: number; by: string | null };
}
