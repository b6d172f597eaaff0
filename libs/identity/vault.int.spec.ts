import { DATABASE_ROLES, type DatabaseRole } from '@aceso/platform';
import type { VaultOwner } from '.';
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

describe('identifiers and bank details', () => {
  const IDENTIFIERS = { identifiers: [{ country: 'DE', kind: 'health-insurance' as const, value: 'A123456780' }] };
  const BANK = { holder: 'Amina Yusuf', iban: 'DE89370400440532013000' };
  const owner = () => ({ partyId: amina.actor.partyId, personId: amina.actor.personId! });
  const named = (act: string, kind: 'identifiers' | 'bank-details', of: VaultOwner = owner()) =>
    kit.test.database.transaction('vault', (tx) => kit.vaultItems.readFor(tx, { act, owner: of, actorId: null }, kind));
  const seen = () =>
    kit.test.database.transaction('api', async (tx) => {
      await tx.actAs(amina.actor.partyId);
      const events = await tx.query<{ act: string; outcome: string }>(
        `select act, outcome from audit.access_event where object_type in ('identifiers', 'bank-details') order by seq`,
      );
      return events.map(({ act, outcome }) => `${act} ${outcome}`);
    });

  it('are read by their owner as they were saved, and replaced by later ones', async () => {
    expect(await kit.vaultItems.readOwn(amina.actor, 'identifiers')).toBeNull();
    await kit.vaultItems.save(amina.actor, 'identifiers', IDENTIFIERS);
    await kit.vaultItems.save(amina.actor, 'bank-details', BANK);
    await kit.vaultItems.save(amina.actor, 'bank-details', { ...BANK, bic: 'COBADEFFXXX' });
    expect(await kit.vaultItems.readOwn(amina.actor, 'identifiers')).toEqual(IDENTIFIERS);
    expect(await kit.vaultItems.readOwn(amina.actor, 'bank-details')).toEqual({ ...BANK, bic: 'COBADEFFXXX' });
  });

  it('are read by a named act, which the owner sees, and by no other', async () => {
    await kit.vaultItems.save(amina.actor, 'bank-details', BANK);
    await kit.vaultItems.save(amina.actor, 'identifiers', IDENTIFIERS);
    expect((await named('payout.executed', 'bank-details')).item).toEqual(BANK);
    for (const [act, kind] of [
      ['payout.executed', 'identifiers'],
      ['party.looked-up', 'bank-details'],
    ] as const) {
      await expect(named(act, kind)).rejects.toEqual(refusal('VAULT_ACT_UNKNOWN'));
    }
    expect(await seen()).toEqual([
      ...['bank-details.saved permitted', 'identifiers.saved permitted', 'payout.executed permitted'],
      ...['identifiers.read refused', 'bank-details.read refused'],
    ]);
  });

  it('are of providers as well, who see who read them', async () => {
    const clinic = await kit.member('provider');
    await kit.vaultItems.save(clinic.actor, 'bank-details', BANK);
    await named('payout.executed', 'bank-details', { partyId: clinic.actor.partyId });
    const acts = await kit.test.database.transaction('api', async (tx) => {
      await tx.actAs(clinic.actor.partyId);
      return tx.query(`select act, actor_id from audit.access_event where object_type = 'bank-details' order by seq`);
    });
    expect(acts).toEqual([
      { act: 'bank-details.saved', actor_id: clinic.actor.partyId },
      { act: 'payout.executed', actor_id: null },
    ]);
  });

  it('open no key and return nothing when their access event cannot be written', async () => {
    await kit.vaultItems.save(amina.actor, 'bank-details', BANK);
    const { audit } = kit.logs;
    const record = jest.spyOn(audit, 'record').mockRejectedValue(new Error('the log is full'));
    await expect(named('payout.executed', 'bank-details')).rejects.toThrow('the log is full');
    record.mockRestore();
    const unwraps = await kit.test.ownerQuery('select from platform.key_unwrap where key_owner = $1', [
      amina.actor.partyId,
    ]);
    expect(unwraps).toEqual([]);
  });

  it('are refused without being repeated, and stand nowhere in clear', async () => {
    const wrong = kit.vaultItems.save(amina.actor, 'bank-details', { ...BANK, iban: 'DE00370400440532013000' });
    await expect(wrong).rejects.toEqual(refusal('VAULT_ITEM_INVALID'));
    await expect(wrong).rejects.not.toThrow(/3704|Amina/);
    await kit.vaultItems.save(amina.actor, 'bank-details', BANK);
    const [row] = await kit.test.ownerQuery<{ sealed: Buffer }>('select sealed from vault.item where party_id = $1', [
      amina.actor.partyId,
    ]);
    expect(row!.sealed.toString('latin1')).not.toMatch(/Amina|3704/);
  });

  it('cannot be put in the place of another kind or party', async () => {
    await kit.vaultItems.save(amina.actor, 'identifiers', IDENTIFIERS);
    await kit.vaultItems.save(amina.actor, 'bank-details', BANK);
    await kit.test.ownerQuery(
      `update vault.item i set sealed = o.sealed from vault.item o
        where i.party_id = $1 and o.party_id = $1 and i.kind = 'identifiers' and o.kind = 'bank-details'`,
      [amina.actor.partyId],
    );
    await expect(kit.vaultItems.readOwn(amina.actor, 'identifiers')).rejects.toEqual(refusal('CIPHERTEXT_INVALID'));
  });

  it('go with the data key of their party', async () => {
    await kit.vaultItems.save(amina.actor, 'identifiers', IDENTIFIERS);
    await kit.test.ownerQuery('delete from vault.data_key where party_id = $1', [amina.actor.partyId]);
    const left = await kit.test.ownerQuery('select from vault.item where party_id = $1', [amina.actor.partyId]);
    expect(left).toEqual([]);
  });
});

describe('the vault in the database', () => {
  type Other = Exclude<DatabaseRole, 'vault'>;
  const others = DATABASE_ROLES.filter((role): role is Other => role !== 'vault');

  it.each(others)('is closed to the role %s', async (role) => {
    for (const table of ['contact', 'item', 'named_act']) {
      await expect(kit.test.database.query(role, `select from vault.${table}`)).rejects.toThrow(/permission denied/);
    }
    await expect(kit.test.database.query(role, 'select created_at from vault.data_key')).rejects.toThrow(
      /permission denied/,
    );
  });

  /** Schemas of ours that hold no business: what every role may write its events and entries into. */
  const SHARED = ['platform', 'audit', 'ledger'];
  /** What its role reads beside the vault: that the database is migrated, and the keys of entries that it appends. */
  const READ_TO_WRITE = ['ledger.erased_subject', 'ledger.subject_key', 'platform.migration'];

  it('is open to one role of all that the server knows, but for wrapped keys, and nobody is a member of it', async () => {
    const roles = await kit.test.ownerQuery<{ name: string; usage: boolean; tables: number }>(
      `select r.rolname as name, has_schema_privilege(r.oid, 'vault', 'usage') as usage,
              (select count(*)::int from pg_class c where c.relnamespace = 'vault'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'S')
                and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate, references, trigger')
                     or has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references'))) as tables
         from pg_roles r where not r.rolsuper and r.rolname !~ '^pg_'
          and r.oid <> (select nspowner from pg_namespace where nspname = 'vault')`,
    );
    expect(roles.map(({ name }) => name)).toEqual(
      expect.arrayContaining(DATABASE_ROLES.map((role) => `aceso_${role}`)),
    );
    // At the turn of an epoch wrapped keys are read, by a role that sees nothing which they open.
    const open = new Map([
      ['aceso_vault', 4],
      ['aceso_keys', 1],
    ]);
    for (const { name, usage, tables } of roles) {
      expect({ name, usage, tables }).toEqual({ name, usage: open.has(name), tables: open.get(name) ?? 0 });
    }
    const columns = await kit.test.ownerQuery<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'vault.data_key'::regclass and attnum > 0
        and has_column_privilege('aceso_keys', attrelid, attnum, 'select') order by 1`,
    );
    expect(columns.map(({ name }) => name)).toEqual(['epoch', 'key_version', 'party_id', 'wrapped']);
    const members = await kit.test.ownerQuery(
      `select m.roleid::regrole, m.member::regrole from pg_auth_members m
        where 'aceso_vault'::regrole in (m.roleid, m.member)`,
    );
    expect(members).toEqual([]);
  });

  it('leaves its role nothing in any schema of business: no schema, no table and no column', async () => {
    const schemas = await kit.test.ownerQuery<{ name: string; usage: boolean }>(
      `select nspname as name, has_schema_privilege('aceso_vault', oid, 'usage') as usage from pg_namespace
        where nspname !~ '^pg_' and nspname not in ('information_schema', 'public', 'vault')`,
    );
    const business = schemas.filter(({ name }) => !SHARED.includes(name));
    expect(business.length).toBeGreaterThan(7);
    expect(business.filter(({ usage }) => usage)).toEqual([]);
    const readable = await kit.test.ownerQuery<{ name: string }>(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'vault') and c.relkind in ('r', 'v', 'm', 'p')
          and (has_table_privilege('aceso_vault', c.oid, 'select') or has_any_column_privilege('aceso_vault', c.oid, 'select'))`,
    );
    expect(readable.map(({ name }) => name).sort()).toEqual(READ_TO_WRITE);
  });

  it('gives its role two functions that reach beyond it, those of a payout', async () => {
    const functions = await kit.test.ownerQuery<{ name: string }>(
      `select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'public') and p.prosecdef
          and p.prorettype <> 'trigger'::regtype and has_function_privilege('aceso_vault', p.oid, 'execute')
          and has_schema_privilege('aceso_vault', n.oid, 'usage') order by 1`,
    );
    const shared = functions.filter(({ name }) => SHARED.some((schema) => name.startsWith(`${schema}.`)));
    expect(functions.filter((each) => !shared.includes(each)).map(({ name }) => name)).toEqual([
      'vault.execute_payout(uuid,uuid)',
      'vault.payee(uuid,uuid)',
    ]);
  });

  it('cannot be joined to a person or a record by any query of any role', async () => {
    const tables = await kit.test.ownerQuery<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('vault', 'information_schema') and schemaname !~ '^pg_'`,
    );
    expect(tables.length).toBeGreaterThan(40);
    for (const role of DATABASE_ROLES) {
      for (const { name } of tables) {
        if (role === 'vault' && READ_TO_WRITE.includes(name)) continue;
        const joined = kit.test.database.query(role, `select from vault.contact, vault.item, ${name}`);
        await expect(joined).rejects.toThrow(/permission denied/);
      }
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
