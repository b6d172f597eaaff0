import { DATABASE_ROLES, type DatabaseRole } from '@aceso/platform';
import type { IdentityKit, Member } from './testing';
import { openIdentityKit } from './testing';

let kit: IdentityKit;
let amina: Member;
const CONTACT = { name: 'Amina Yusuf', email: 'amina@example.org', phone: '+49 30 123456' };

beforeAll(async () => {
  kit = await openIdentityKit();
});
afterAll(() => kit.test.close());
beforeEach(async () => {
  amina = await kit.member('patient');
});

const refusal = (code: string) => expect.objectContaining({ code });

describe('a contact', () => {
  it('is read by its owner as it was saved, and replaced by a later one', async () => {
    expect(await kit.vault.readContact(amina.actor)).toBeNull();
    await kit.vault.saveContact(amina.actor, CONTACT);
    expect(await kit.vault.readContact(amina.actor)).toEqual(CONTACT);
    await kit.vault.saveContact(amina.actor, { name: 'Amina Y.' });
    expect(await kit.vault.readContact(amina.actor)).toEqual({ name: 'Amina Y.' });
  });

  it('survives two first savings at once', async () => {
    await Promise.all([1, 2, 3].map((at) => kit.vault.saveContact(amina.actor, { name: `Amina ${at}` })));
    expect((await kit.vault.readContact(amina.actor))?.name).toMatch(/^Amina [123]$/);
  });

  it.each([
    ['is empty', { name: ' ' }],
    ['has an address that is none', { name: 'A', email: 'at home' }],
    ['has a member that nobody asked for', { name: 'A', nationalId: '123' }],
  ])('is refused when it %s, without repeating it', async (_, contact) => {
    const refused = kit.vault.saveContact(amina.actor, contact as never);
    await expect(refused).rejects.toEqual(refusal('CONTACT_INVALID'));
    await expect(refused).rejects.not.toThrow(/at home|123/);
  });

  it('is refused to everybody else', async () => {
    await kit.vault.saveContact(amina.actor, CONTACT);
    const officer = await kit.member('officer');
    await expect(kit.vault.readContact(officer.actor, amina.actor.partyId)).rejects.toEqual(
      refusal('VAULT_ACCESS_REFUSED'),
    );
    const events = await kit.test.ownerQuery(
      `select actor_id from audit.access_event where object_id = $1 and outcome = 'refused'`,
      [amina.actor.partyId],
    );
    expect(events).toEqual([{ actor_id: officer.actor.partyId }]);
  });

  it('opens one key with one access event each time it is read', async () => {
    await kit.vault.saveContact(amina.actor, CONTACT);
    await kit.vault.readContact(amina.actor);
    await kit.vault.readContact(amina.actor);
    const unwraps = await kit.test.ownerQuery<{ access_event_id: string }>(
      'select access_event_id from platform.key_unwrap where key_owner = $1',
      [amina.actor.partyId],
    );
    expect(new Set(unwraps.map(({ access_event_id }) => access_event_id)).size).toBe(2);
  });

  it('is nowhere in the database in clear', async () => {
    await kit.vault.saveContact(amina.actor, CONTACT);
    const [row] = await kit.test.ownerQuery<{ sealed: Buffer }>(
      'select sealed from vault.contact where party_id = $1',
      [amina.actor.partyId],
    );
    expect(row!.sealed.toString('latin1')).not.toMatch(/Amina|example/);
  });

  it('cannot be moved to another party', async () => {
    const stranger = await kit.member('patient');
    await kit.vault.saveContact(amina.actor, CONTACT);
    await kit.vault.saveContact(stranger.actor, { name: 'Stranger' });
    await kit.test.ownerQuery(
      `update vault.contact set sealed = (select sealed from vault.contact where party_id = $1) where party_id = $2`,
      [amina.actor.partyId, stranger.actor.partyId],
    );
    await expect(kit.vault.readContact(stranger.actor)).rejects.toEqual(refusal('CIPHERTEXT_INVALID'));
    await kit.test.ownerQuery(
      `update vault.data_key set wrapped = (select wrapped from vault.data_key where party_id = $1) where party_id = $2`,
      [amina.actor.partyId, stranger.actor.partyId],
    );
    await expect(kit.vault.readContact(stranger.actor)).rejects.toEqual(refusal('KEY_UNWRAP_FAILED'));
  });
});

describe('the vault in the database', () => {
  type Other = Exclude<DatabaseRole, 'vault'>;
  const others = DATABASE_ROLES.filter((role): role is Other => role !== 'vault');

  it.each(others)('is closed to the role %s', async (role) => {
    const select = (what: string) => kit.test.database.query(role, `select ${what}`);
    await expect(select('from vault.contact')).rejects.toThrow(/permission denied/);
    await expect(select('created_at from vault.data_key')).rejects.toThrow(/permission denied/);
    // At the turn of an epoch wrapped keys are read, by a role that sees nothing that they open.
    if (role !== 'keys') await expect(select('from vault.data_key')).rejects.toThrow(/permission denied/);
  });

  it('cannot be joined to a person, a key or a record by any query: its role sees no other table of a person', async () => {
    const tables = await kit.test.ownerQuery<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname in ('identity', 'consent', 'register', 'facts', 'cohort', 'settlement', 'marketplace', 'extraction')`,
    );
    expect(tables.length).toBeGreaterThan(10);
    for (const { name } of tables) {
      await expect(kit.test.database.query('vault', `select from ${name}`)).rejects.toThrow(/permission denied/);
    }
  });

  it('shows its role one party at a time, and none unless it acts as one', async () => {
    const stranger = await kit.member('patient');
    await kit.vault.saveContact(amina.actor, CONTACT);
    await kit.vault.saveContact(stranger.actor, CONTACT);
    const parties = async (party?: string) =>
      kit.test.database.transaction('vault', async (tx) => {
        if (party) await tx.actAs(party);
        return tx.query<{ party_id: string }>('select party_id from vault.contact');
      });
    expect(await parties()).toEqual([]);
    expect(await parties(amina.actor.partyId)).toEqual([{ party_id: amina.actor.partyId }]);
  });
});
