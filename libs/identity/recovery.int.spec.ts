import { randomUUID } from 'node:crypto';
import type { SourceRecordId } from '@aceso/kernel';
import { ERASURE, ERASURE_CONFIRMATION, KEY_REVOCATION, RECOVERIES_PENDING_MAX, RECOVERY_VETO } from './domain';
import { digestOf, openIdentityKit, type IdentityKit, type Member, type TestParty } from './testing';

let kit: IdentityKit;
let clinic: Member;

beforeAll(async () => {
  kit = await openIdentityKit();
  clinic = await kit.member('provider');
});

afterAll(() => kit.test.close());

const api = <T>(use: Parameters<typeof kit.test.database.transaction<T>>[1]) =>
  kit.test.database.transaction('api', use);
const request = (text: string) => api((tx) => kit.recoveries.request(tx, text));
const finish = (text: string) => api((tx) => kit.recoveries.finish(tx, text));
const veto = ({ actor }: Member, text: string) => api((tx) => kit.recoveries.veto(tx, actor, text));
const login = (client: TestParty) => api((tx) => kit.logins.login(tx, client.login()));
const code = (expected: string) => expect.objectContaining({ code: expected });
const gateOf = async ({ actor }: Member) =>
  (await api((tx) => kit.gates.versions(tx, [actor.personId!]))).get(actor.personId!)!;
const live = async ({ actor }: Member) =>
  (await kit.keys.ownKeys(actor)).filter(({ revokedAt }) => !revokedAt).map(({ did }) => did);
const actsOf = async ({ actor }: Member) =>
  (
    await kit.test.ownerQuery<{ act: string }>(
      `select act from audit.access_event where subject_id = $1 and act like 'recovery.%' and ledger_entry_id is not null
        order by seq`,
      [actor.personId],
    )
  ).map(({ act }) => act);

/** A bound patient, a new key that the clinic attested, and the recovery that it signed. */
async function lost(own: { revokeOthers?: boolean; provider?: Member } = {}) {
  const { revokeOthers = false, provider = clinic } = own;
  const patient = await kit.member('patient');
  const record = await kit.bind(patient, provider);
  return { patient, record, ...(await newKey(record, { revokeOthers, provider })) };
}

async function newKey(record: SourceRecordId, own: { revokeOthers?: boolean; provider?: Member } = {}) {
  const { revokeOthers = false, provider = clinic } = own;
  const device = kit.client();
  const text = device.recovery(await kit.attestRecovery(provider, record, device.did), { revokeOthers });
  return { device, text };
}

/** Gives the patient money, as a release would. */
async function earn({ actor }: Member): Promise<void> {
  await kit.test.ownerQuery('alter table settlement.transfer disable trigger transfer_rules');
  await kit.test.ownerQuery(
    `with a as (
       insert into settlement.account (kind, owner_id, currency) values ('patient', $1, 'EUR') returning id
     ), o as (
       insert into settlement.account (kind, owner_id, currency)
       values ('outside', '00000000-0000-0000-0000-000000000000', 'EUR')
       on conflict (kind, owner_id, currency) do update set debits = 0 returning id
     ), t as (
       insert into settlement.transfer (kind, natural_key, digest) values ('deposit', 'deposit:' || $1, sha256('x'))
       returning id
     )
     insert into settlement.posting (transfer_id, account_id, currency, amount_minor)
       select t.id, a.id, 'EUR', 700 from t, a union all select t.id, o.id, 'EUR', -700 from t, o`,
    [actor.personId],
  );
  await kit.test.ownerQuery('alter table settlement.transfer enable trigger transfer_rules');
}

it('gives a new key after the waiting period, tells every device, and leaves the old key', async () => {
  const { patient, device, text } = await lost();
  await expect(request(text)).resolves.toMatchObject({ recovery: digestOf(text), state: 'waiting' });
  await expect(request(text)).resolves.toMatchObject({ state: 'waiting' });
  await expect(login(device)).rejects.toEqual(code('KEY_UNKNOWN'));
  expect((await login(patient.client)).notices).toMatchObject([{ kind: 'recovery-requested', did: device.did }]);
  await expect(finish(text)).rejects.toEqual(code('RECOVERY_WAITING'));
  await kit.age(8);
  await expect(finish(text)).resolves.toMatchObject({ state: 'finished' });
  await expect(finish(text)).resolves.toMatchObject({ state: 'finished' });
  expect(await live(patient)).toEqual([patient.client.did, device.did]);
  expect((await login(device)).party).toMatchObject({ partyId: patient.actor.partyId });
  expect(await actsOf(patient)).toEqual(['recovery.requested', 'recovery.finished']);
  const notices = await api((tx) => kit.recoveries.notices(tx, patient.actor.partyId, { limit: 10, before: null }));
  expect(notices.map(({ kind }) => kind)).toEqual(['recovery-finished', 'recovery-requested']);
});

it('ends the other keys where the recovery says so, full party or not, and raises the gate', async () => {
  const { patient, device, text } = await lost({ revokeOthers: true });
  for (let count = 1; count < 8; count += 1) await kit.addDevice(patient);
  const before = await gateOf(patient);
  await request(text);
  await kit.age(8);
  await finish(text);
  expect(await live(patient)).toEqual([device.did]);
  expect(await gateOf(patient)).toBe(before + 1);
  await expect(login(patient.client)).rejects.toEqual(code('KEY_REVOKED'));
});

it('has no room for a ninth live key', async () => {
  const { patient, text } = await lost();
  for (let count = 1; count < 8; count += 1) await kit.addDevice(patient);
  await request(text);
  await kit.age(8);
  await expect(finish(text)).rejects.toEqual(code('KEY_LIMIT_REACHED'));
});

it('is ended for good by any old key, before it is finished only', async () => {
  const { patient, record, text } = await lost();
  const phone = await kit.addDevice(patient);
  await request(text);
  const objection = phone.recoveryVeto(digestOf(text));
  await expect(veto(patient, objection)).resolves.toEqual({ recovery: digestOf(text) });
  await expect(veto(patient, objection)).resolves.toEqual({ recovery: digestOf(text) });
  await kit.age(8);
  await expect(finish(text)).rejects.toEqual(code('RECOVERY_VETOED'));
  await expect(request(text)).resolves.toMatchObject({ state: 'vetoed' });
  expect(await actsOf(patient)).toEqual(['recovery.requested', 'recovery.vetoed']);
  const [newest] = (await login(phone)).notices;
  expect(newest).toMatchObject({ kind: 'recovery-vetoed' });
  const again = await newKey(record);
  await request(again.text);
  await kit.age(8);
  await finish(again.text);
  await expect(veto(patient, phone.recoveryVeto(digestOf(again.text)))).rejects.toEqual(code('RECOVERY_FINISHED'));
});

it('is vetoed by nobody else', async () => {
  const { text } = await lost();
  await request(text);
  const other = await kit.member('patient');
  await expect(veto(other, other.client.recoveryVeto(digestOf(text)))).rejects.toEqual(code('RECOVERY_UNKNOWN'));
  await kit.age(8);
  await expect(finish(text)).resolves.toMatchObject({ state: 'finished' });
});

it('ends once when veto and finish come at the same moment', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { patient, device, text } = await lost();
    await request(text);
    await kit.age(8);
    const [vetoed, finished] = await Promise.allSettled([
      veto(patient, patient.client.recoveryVeto(digestOf(text))),
      finish(text),
    ]);
    expect([vetoed.status, finished.status].filter((status) => status === 'fulfilled')).toHaveLength(1);
    expect((await live(patient)).includes(device.did)).toBe(finished.status === 'fulfilled');
  }
});

it('stops while two keys wait for one person, until one of them is vetoed', async () => {
  const { patient, record, text } = await lost();
  const rival = await newKey(record);
  await request(text);
  await request(rival.text);
  await kit.age(8);
  await expect(finish(text)).rejects.toEqual(code('RECOVERY_CONTESTED'));
  await veto(patient, patient.client.recoveryVeto(digestOf(rival.text)));
  await expect(finish(text)).resolves.toMatchObject({ state: 'finished' });
});

it(`lets ${RECOVERIES_PENDING_MAX} wait, each key for one`, async () => {
  const { record, device, text } = await lost();
  await request(text);
  const attestation = await kit.attestRecovery(clinic, record, device.did);
  await expect(request(device.recovery(attestation))).rejects.toEqual(code('RECOVERY_KEY_USED'));
  for (let count = 1; count < RECOVERIES_PENDING_MAX; count += 1) await request((await newKey(record)).text);
  await expect(request((await newKey(record)).text)).rejects.toEqual(code('RECOVERY_LIMIT_REACHED'));
});

it('lapses', async () => {
  const { text } = await lost();
  await request(text);
  await kit.age(91);
  await expect(request(text)).resolves.toMatchObject({ state: 'lapsed' });
  await expect(finish(text)).rejects.toEqual(code('RECOVERY_EXPIRED'));
});

it('asks for time after the waiting period, for a free key and for a begun recovery', async () => {
  const { patient, record, device, text } = await lost();
  await expect(finish(text)).rejects.toEqual(code('RECOVERY_UNKNOWN'));
  const attestation = await kit.attestRecovery(clinic, record, device.did);
  const short = device.recovery(attestation, { lifetimeSeconds: 7 * 86_400 });
  await expect(request(short)).rejects.toEqual(code('RECOVERY_TOO_SHORT'));
  const own = await kit.attestRecovery(clinic, record, patient.client.did);
  await expect(request(patient.client.recovery(own))).rejects.toEqual(code('KEY_ALREADY_REGISTERED'));
});

describe('attesting', () => {
  it('is for a record of the provider, and for one that is bound', async () => {
    const { record } = await lost();
    const other = await kit.member('provider');
    const device = kit.client();
    await expect(kit.attestRecovery(other, record, device.did)).rejects.toEqual(code('RECOVERY_SOURCE_RECORD_UNKNOWN'));
    const officer = await kit.member('officer');
    const nobody = kit.attestRecovery(officer, randomUUID() as SourceRecordId, device.did);
    await expect(nobody).rejects.toEqual(code('RECOVERY_SOURCE_RECORD_UNKNOWN'));
    const dormant = kit.records.add(clinic.actor.partyId);
    const attestation = await kit.attestRecovery(clinic, dormant, device.did);
    await expect(request(device.recovery(attestation))).rejects.toEqual(code('RECOVERY_NOT_ATTESTED'));
  });

  it('names the key, and an officer does not attest alone', async () => {
    const { record } = await lost();
    const [device, thief] = [kit.client(), kit.client()];
    const attestation = await kit.attestRecovery(clinic, record, device.did);
    await expect(request(thief.recovery(attestation))).rejects.toEqual(code('RECOVERY_NOT_ATTESTED'));
    const officer = await kit.member('officer');
    const alone = await kit.attestRecovery(officer, record, thief.did);
    await expect(request(thief.recovery(alone))).rejects.toEqual(code('RECOVERY_NOT_ATTESTED'));
  });

  it('counts no more when the key that attested was in other hands', async () => {
    const provider = await kit.member('provider');
    const desk = await kit.addDevice(provider);
    const { text } = await lost({ provider });
    await request(text);
    await kit.age(8);
    desk.continueFrom(provider.client);
    const stolen = desk.keyRevocation(provider.client.did, Date.now() - 60_000);
    await api((tx) => kit.keys.revoke(tx, provider.actor, stolen));
    await expect(finish(text)).rejects.toEqual(code('RECOVERY_NOT_ATTESTED'));
  });
});

describe('where the person earns', () => {
  it('takes an officer as the second where all records are at one provider or its affiliates', async () => {
    const { patient, record, device, text } = await lost();
    const sister = await kit.member('provider');
    const officer = await kit.member('officer');
    const parties = [clinic.actor.partyId, sister.actor.partyId] as const;
    await api((tx) => kit.affiliations.declare(tx, officer.actor, parties));
    const there = await kit.bind(patient, sister);
    await earn(patient);
    await request(text);
    await kit.age(8);
    await expect(finish(text)).rejects.toEqual(code('RECOVERY_SECOND_ATTESTER'));
    await kit.attestRecovery(clinic, record, device.did);
    await kit.attestRecovery(sister, there, device.did);
    await expect(finish(text)).rejects.toEqual(code('RECOVERY_SECOND_ATTESTER'));
    await kit.attestRecovery(officer, record, device.did);
    await expect(finish(text)).resolves.toMatchObject({ state: 'finished' });
  });

  it('takes another provider of the person, and no officer, where there is one', async () => {
    const { patient, record, device, text } = await lost();
    const elsewhere = await kit.member('provider');
    const there = await kit.bind(patient, elsewhere);
    await earn(patient);
    await request(text);
    await kit.age(8);
    await kit.attestRecovery(await kit.member('officer'), record, device.did);
    await expect(finish(text)).rejects.toEqual(code('RECOVERY_SECOND_ATTESTER'));
    await kit.attestRecovery(elsewhere, there, device.did);
    await expect(finish(text)).resolves.toMatchObject({ state: 'finished' });
  });
});

describe('a recovered key', () => {
  it('ends itself, and before its time adds, binds, erases, vetoes and shuts out nothing', async () => {
    const { patient, record, device, text } = await lost();
    await request(text);
    await kit.age(8);
    await finish(text);
    const [, own] = await kit.keys.ownKeys(patient.actor);
    expect(own!.restrictedUntil!.getTime()).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    const member = { ...patient, client: device };
    const at = { seq: patient.client.sequence + 1, prev: patient.client.previous };
    const { client } = patient;
    device.continueFrom(client);
    const accept = (kind: object, own: object) =>
      api((tx) => kit.statements.accept(tx, device.signAt(kind as never, own as never, at), kind as never));
    const rival = await newKey(record);
    await request(rival.text);
    const refused = [
      () => api((tx) => kit.keys.add(tx, member.actor, device.keyAddition(kit.client()))),
      () => kit.bind(member, clinic),
      () => accept(ERASURE, { sourceRecord: null, confirmation: ERASURE_CONFIRMATION }),
      () => accept(KEY_REVOCATION, { key: client.did }),
      () => accept(RECOVERY_VETO, { recovery: digestOf(rival.text) }),
    ];
    for (const act of refused) {
      device.continueFrom(client);
      await expect(act()).rejects.toEqual(code('KEY_RESTRICTED'));
    }
    device.continueFrom(client);
    await api((tx) => kit.keys.revoke(tx, member.actor, device.keyRevocation(device.did)));
    expect(await live(patient)).toEqual([client.did]);
  });

  it('is a key like any other after that', async () => {
    const { patient, device, text } = await lost();
    await request(text);
    await kit.age(8);
    await finish(text);
    await kit.age(8);
    device.continueFrom(patient.client);
    const next = kit.client();
    await api((tx) => kit.keys.add(tx, patient.actor, device.keyAddition(next)));
    expect(await live(patient)).toContain(next.did);
  });
});

describe('the process on the network', () => {
  it('makes no waiting period shorter, and finishes nothing early', async () => {
    const { patient, device, text } = await lost();
    await request(text);
    await kit.age(6);
    const { partyId } = patient.actor;
    const early = api(async (tx) => {
      await tx.actAs(partyId);
      return tx.query('select identity.finish_recovery(decode($1, $2), now() + $3::interval)', [
        digestOf(text),
        'hex',
        '2 days',
      ]);
    });
    await expect(early).rejects.toMatchObject({ constraint: 'recovery_due' });
    const change = api(async (tx) => {
      await tx.actAs(partyId);
      await tx.execute('update identity.recovery set waits_until = now() where did = $1', [device.did]);
    });
    await expect(change).rejects.toMatchObject({ code: '42501' });
  });

  it('begins no recovery in the past, and none without an attestation', async () => {
    const { patient, record, device, text } = await lost();
    const other = await kit.member('patient');
    await kit.bind(other, clinic);
    const foreign = await kit.attestRecovery(clinic, record, device.did);
    const insert = (whose: Member, attestation: string, requested: string) =>
      api(async (tx) => {
        await tx.actAs(whose.actor.partyId);
        await tx.execute(
          `insert into identity.recovery (statement_digest, party_id, did, kind, sign_count, text, revoke_others,
             attestation_digest, requested_at, waits_until, expires_at)
           values (sha256($1), $2, $3, 'Ed25519', 0, '{}', false, decode($4, 'hex'), ${requested},
             ${requested} + interval '7 days', now() + interval '80 days')`,
          [Buffer.from(text), whose.actor.partyId, device.did, attestation],
        );
      });
    const past = insert(patient, foreign, `now() - interval '7 days'`);
    await expect(past).rejects.toMatchObject({ constraint: 'recovery_waits' });
    await expect(insert(other, foreign, 'now()')).rejects.toMatchObject({ constraint: 'recovery_attested' });
  });

  it('gives a party no key by itself', async () => {
    const patient = await kit.member('patient');
    const insert = api(async (tx) => {
      await tx.actAs(patient.actor.partyId);
      await tx.execute('insert into identity.party_key (did, party_id, added_at) values ($1, $2, now())', [
        kit.client().did,
        patient.actor.partyId,
      ]);
    });
    await expect(insert).rejects.toMatchObject({ constraint: 'party_key_origin' });
  });
});
