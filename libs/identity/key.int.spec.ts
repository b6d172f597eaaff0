import type { Role } from './domain';
import { KEY_ADDITION, KEYS_MAX, LIVE_KEYS_MAX } from './domain';
import { digestOf, openIdentityKit, TestParty, type IdentityKit, type Member } from './testing';

let kit: IdentityKit;

beforeAll(async () => {
  kit = await openIdentityKit();
});

afterAll(() => kit.test.close());

const add = ({ actor }: Member, text: string) =>
  kit.test.database.transaction('api', (tx) => kit.keys.add(tx, actor, text));
const revoke = ({ actor }: Member, text: string) =>
  kit.test.database.transaction('api', (tx) => kit.keys.revoke(tx, actor, text));
const login = (client: TestParty) => kit.test.database.transaction('api', (tx) => kit.logins.login(tx, client.login()));
const code = (expected: string) => expect.objectContaining({ code: expected });
const live = async ({ actor }: Member) => (await kit.keys.ownKeys(actor)).filter(({ revokedAt }) => !revokedAt);
const versionOf = async ({ actor }: Member) =>
  (await kit.test.database.transaction('api', (tx) => kit.gates.versions(tx, [actor.personId!]))).get(actor.personId!);
const eventsOf = ({ actor }: Member, act: string) =>
  kit.test.ownerQuery<{ entry: string | null; own: string | null }>(
    `select event.ledger_entry_id as entry, recorded.ledger_entry_id as own
       from audit.access_event event join identity.statement_event recorded on recorded.event_id = event.id
      where event.actor_id = $1 and event.act = $2`,
    [actor.partyId, act],
  );

/** A second client over the chain of a member, as if its statements had been made on another device. */
const twin = (member: Member, device: TestParty) => ({ ...member, client: device });

describe('adding a key', () => {
  it.each<Role>(['patient', 'researcher', 'provider', 'officer'])('gives a %s a second device', async (role) => {
    const member = await kit.member(role);
    const device = kit.client();
    const text = member.client.keyAddition(device);
    await expect(add(member, text)).resolves.toEqual({ did: device.did });
    await expect(add(member, text)).resolves.toEqual({ did: device.did });
    expect((await login(device)).party).toMatchObject({ partyId: member.actor.partyId, did: device.did, role });
    expect((await kit.keys.ownKeys(member.actor)).map(({ did }) => did)).toEqual([member.client.did, device.did]);
    const events = await eventsOf(member, 'key.added');
    expect(events).toHaveLength(1);
    const entry = role === 'patient' ? events[0]!.entry : events[0]!.own;
    const [logged] = await kit.test.ownerQuery('select from ledger.pending where id = $1', [entry]);
    expect(logged).toBeDefined();
    expect(role === 'patient' ? events[0]!.own : events[0]!.entry).toBeNull();
  });

  it.each(['WebAuthn-ES256', 'WebAuthn-EdDSA'] as const)(
    'takes a passkey (%s), which then adds the next',
    async (kind) => {
      const member = await kit.member('patient');
      const passkey = await kit.addDevice(member, kit.passkeyClient(kind));
      const next = await kit.addDevice(twin(member, passkey), kit.passkeyClient(kind));
      await login(next);
      const keys = await kit.keys.ownKeys(member.actor);
      expect(keys.slice(1)).toMatchObject([
        { kind, signatureCounter: 2 },
        { kind, signatureCounter: 2 },
      ]);
    },
  );

  it('lets a passkey register', async () => {
    const client = kit.passkeyClient();
    const party = await kit.register(client, 'patient');
    expect(party.did).toBe(client.did);
    expect((await login(client)).party.partyId).toBe(party.partyId);
    const [key] = await kit.keys.ownKeys(party);
    expect(key).toMatchObject({ kind: 'WebAuthn-ES256', signatureCounter: 2 });
  });

  it('refuses a key whose proof is of another key, for another party, too old, altered or of another ledger', async () => {
    const member = await kit.member('patient');
    const stranger = await kit.member('patient');
    const device = kit.client();
    const { client } = member;
    const withProof = (possession: Record<string, unknown>) =>
      client.signAt(KEY_ADDITION, { key: device.did, possession }, { seq: client.sequence + 1, prev: client.previous });
    const good = device.possession(client.did);
    const abroad = new TestParty({ audience: 'elsewhere.example.org', now: () => Date.now() });
    const refused = [
      kit.client().possession(client.did),
      device.possession(stranger.client.did),
      { ...good, payload: { ...(good['payload'] as object), addedBy: stranger.client.did } },
      abroad.possession(client.did),
      JSON.parse(device.login()) as Record<string, unknown>,
      device.possession(client.did, 86_401),
      {},
    ];
    for (const possession of refused)
      await expect(add(member, withProof(possession))).rejects.toEqual(code('KEY_NOT_PROVEN'));
    kit.aheadMs = -600_000;
    const old = device.possession(client.did, 60);
    kit.aheadMs = 0;
    await expect(add(member, withProof(old))).rejects.toThrow('STATEMENT_EXPIRED');
    expect(await live(member)).toHaveLength(1);
    await expect(add(member, withProof(good))).resolves.toEqual({ did: device.did });
  });

  it('refuses a key that somebody has or had, and a registration with an added one', async () => {
    const member = await kit.member('patient');
    const other = await kit.member('patient');
    const device = await kit.addDevice(member);
    await expect(add(other, other.client.keyAddition(device))).rejects.toEqual(code('KEY_ALREADY_REGISTERED'));
    await expect(kit.register(device, 'patient')).rejects.toEqual(code('KEY_ALREADY_REGISTERED'));
    await revoke(member, device.keyRevocation(device.did));
    member.client.continueFrom(device);
    await expect(add(member, member.client.keyAddition(device))).rejects.toEqual(code('KEY_ALREADY_REGISTERED'));
  });

  it('gives nobody a key who acts for another', async () => {
    const member = await kit.member('patient');
    const other = await kit.member('patient');
    const text = member.client.keyAddition(kit.client());
    await expect(add(other, text)).rejects.toEqual(code('SIGNER_NOT_ACTOR'));
  });

  it(`ends at ${LIVE_KEYS_MAX} live keys and ${KEYS_MAX} in all, for the program and for the database`, async () => {
    const member = await kit.member('patient');
    for (let count = 1; count < LIVE_KEYS_MAX; count += 1) await kit.addDevice(member);
    const more = kit.client();
    const { sequence, previous } = member.client;
    await expect(add(member, member.client.keyAddition(more))).rejects.toEqual(code('KEY_LIMIT_REACHED'));
    member.client.continueFrom({ sequence, previous });
    const insert = (did: string, revoked: string) =>
      kit.test.ownerQuery(
        `insert into identity.party_key (did, party_id, added_at, revoked_at) values ($1, $2, now(), ${revoked})`,
        [did, member.actor.partyId],
      );
    await expect(insert(more.did, 'null')).rejects.toMatchObject({ constraint: 'party_key_limit' });
    const [first] = (await live(member)).slice(1);
    await revoke(member, member.client.keyRevocation(first!.did));
    for (let count = LIVE_KEYS_MAX; count < KEYS_MAX; count += 1) await insert(kit.client().did, 'now()');
    await expect(insert(more.did, 'now()')).rejects.toMatchObject({ constraint: 'party_key_limit' });
    await expect(add(member, member.client.keyAddition(more))).rejects.toEqual(code('KEY_LIMIT_REACHED'));
  });
});

describe('revoking a key', () => {
  it('refuses what the key signs from then on, and ends its sessions; what it signed stays', async () => {
    const member = await kit.member('patient');
    const phone = await kit.addDevice(member);
    const before = await versionOf(member);
    await revoke(member, phone.keyRevocation(member.client.did));
    expect(await versionOf(member)).toBe(before! + 1);
    await expect(login(member.client)).rejects.toEqual(code('KEY_REVOKED'));
    member.client.continueFrom(phone);
    await expect(add(member, member.client.keyAddition(kit.client()))).rejects.toEqual(code('KEY_REVOKED'));
    expect(await live(member)).toMatchObject([{ did: phone.did }]);
    const [stored] = await kit.test.ownerQuery('select from identity.statement where did = $1', [member.client.did]);
    expect(stored).toBeDefined();
    expect(await eventsOf(member, 'key.revoked')).toHaveLength(1);
  });

  it('happens once, however often the statement comes, and a second time never', async () => {
    const member = await kit.member('patient');
    const phone = await kit.addDevice(member);
    const text = member.client.keyRevocation(phone.did);
    await Promise.all([revoke(member, text), revoke(member, text)]);
    await expect(revoke(member, text)).resolves.toEqual({ did: phone.did });
    expect(await eventsOf(member, 'key.revoked')).toHaveLength(1);
    await expect(revoke(member, member.client.keyRevocation(phone.did))).rejects.toEqual(code('KEY_ALREADY_REVOKED'));
  });

  it('never leaves a party without a key, for the program and for the database', async () => {
    const member = await kit.member('researcher');
    const { client } = member;
    const start = { sequence: client.sequence, previous: client.previous };
    await expect(revoke(member, client.keyRevocation(client.did))).rejects.toEqual(code('KEY_LAST'));
    const drop = () =>
      kit.test.ownerQuery('update identity.party_key set revoked_at = now() where did = $1', [client.did]);
    await expect(drop()).rejects.toMatchObject({ constraint: 'party_key_last' });
    client.continueFrom(start);
    const phone = await kit.addDevice(member);
    // Each key revokes the other at the same moment: one wins, whichever.
    const rivals = [phone.keyRevocation(client.did), client.keyRevocation(phone.did)];
    const outcomes = await Promise.allSettled(rivals.map((text) => revoke(member, text)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await live(member)).toHaveLength(1);
  });

  it('is for keys of the party, by a moment that has passed', async () => {
    const member = await kit.member('patient');
    const other = await kit.member('patient');
    const { client } = member;
    const at = { sequence: client.sequence, previous: client.previous };
    const refused: [string, string][] = [
      [client.keyRevocation(other.client.did), 'KEY_NOT_OF_PARTY'],
      [(client.continueFrom(at), client.keyRevocation(client.did, Date.now() + 5000)), 'KEY_SINCE_IN_FUTURE'],
    ];
    for (const [text, expected] of refused) await expect(revoke(member, text)).rejects.toEqual(code(expected));
  });

  it('says since when the key was in other hands, and never changes or lives again', async () => {
    const member = await kit.member('patient');
    const phone = await kit.addDevice(member);
    const since = Date.now() - 60_000;
    await revoke(member, member.client.keyRevocation(phone.did, since));
    const [, key] = await kit.keys.ownKeys(member.actor);
    expect(key!.compromisedSince!.getTime()).toBe(Math.floor(since / 1000) * 1000);
    for (const change of [
      'revoked_at = null, compromised_since = null',
      'compromised_since = null',
      `kind = 'WebAuthn-EdDSA'`,
    ]) {
      const changed = kit.test.ownerQuery(`update identity.party_key set ${change} where did = $1`, [phone.did]);
      await expect(changed).rejects.toMatchObject({ constraint: 'party_key_history' });
    }
  });

  it("raises the gates of those who were bound by what a provider's key attested since", async () => {
    const clinic = await kit.member('provider');
    const [early, late] = [await kit.member('patient'), await kit.member('patient')];
    const desk = await kit.addDevice(clinic);
    const record = async (patient: Member, aheadMs: number) => {
      kit.aheadMs = aheadMs;
      await kit.bind(patient, twin(clinic, desk));
      kit.aheadMs = 0;
    };
    await record(early, -120_000);
    await record(late, 0);
    const versions = [await versionOf(early), await versionOf(late)];
    clinic.client.continueFrom(desk);
    await revoke(clinic, clinic.client.keyRevocation(desk.did, Date.now() - 60_000));
    expect([await versionOf(early), await versionOf(late)]).toEqual([versions[0], versions[1]! + 1]);
  });

  it('waits for a statement of the key that is on its way, or is seen by it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const member = await kit.member('patient');
      const phone = await kit.addDevice(member);
      const [revoked, entered] = await Promise.allSettled([
        revoke(member, member.client.keyRevocation(phone.did)),
        login(phone),
      ]);
      expect(revoked.status).toBe('fulfilled');
      const [end] = await kit.test.ownerQuery<{ accepted: boolean; late: boolean | null }>(
        `select count(*) = 1 as accepted, bool_or(s.accepted_at > k.revoked_at) as late
           from identity.statement s join identity.party_key k using (did)
          where did = $1 and typ = 'aceso/login/v1'`,
        [phone.did],
      );
      expect(end!.accepted).toBe(entered.status === 'fulfilled');
      expect(end!.late ?? false).toBe(false);
    }
  });

  it('ends no earlier than what the key signed was accepted, by whatever clock', async () => {
    const member = await kit.member('patient');
    const phone = await kit.addDevice(member);
    kit.aheadMs = 30_000;
    await login(phone);
    kit.aheadMs = 0;
    await revoke(member, member.client.keyRevocation(phone.did));
    const [, key] = await kit.keys.ownKeys(member.actor);
    expect(key!.revokedAt!.getTime()).toBeGreaterThan(Date.now() + 20_000);
  });
});

it('refuses a passkey that was added as another kind of key, and keeps its highest counter', async () => {
  const member = await kit.member('patient');
  const passkey = await kit.addDevice(member, kit.passkeyClient());
  await kit.test.ownerQuery('alter table identity.party_key disable trigger keys_stay');
  await kit.test.ownerQuery('update identity.party_key set sign_count = 100 where did = $1', [passkey.did]);
  await login(passkey);
  expect((await kit.keys.ownKeys(member.actor))[1]!.signatureCounter).toBe(100);
  const eddsa = await kit.addDevice(member, kit.passkeyClient('WebAuthn-EdDSA'));
  await kit.test.ownerQuery(`update identity.party_key set kind = 'Ed25519', sign_count = 0 where did = $1`, [
    eddsa.did,
  ]);
  await kit.test.ownerQuery('alter table identity.party_key enable trigger keys_stay');
  await expect(login(eddsa)).rejects.toEqual(code('KEY_KIND_MISMATCH'));
});

it('shows a party that is no patient where its chain stands', async () => {
  const member = await kit.member('researcher');
  const device = kit.client();
  const text = member.client.keyAddition(device);
  await add(member, text);
  const head = await kit.heads.of(member.actor.partyId);
  expect(head).toMatchObject({ sequence: 1, digest: digestOf(text) });
});
