import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createAudit } from '@aceso/audit/testing';
import { openExtractionKit, type Contributor, type ExtractionKit } from '@aceso/extraction/testing';
import { DATABASE_ROLES } from '@aceso/platform';
import { AccessKit } from '@aceso/register/testing';
import { EpochTurn, type TurnStep } from './epoch-turn';
import { KEY_TABLES } from './key-tables';

jest.setTimeout(180_000);

let kit: ExtractionKit;
let turns: EpochTurn;
let persons: Contributor[];
let access: AccessKit;

beforeAll(async () => {
  kit = await openExtractionKit();
  const { database, custody, runtime } = kit.test;
  const { audit, ledger } = createAudit(kit.test);
  turns = new EpochTurn(database, custody, audit, ledger, runtime);
  const { consent } = kit.market;
  const clinic = await consent.identity.member('provider');
  persons = await kit.contributors(clinic, 12);
  const { orderId } = await kit.sale(persons);
  await kit.run(orderId);
  const { identity } = consent;
  const physician = await identity.member('physician');
  await identity.attestMembership(clinic, physician, true);
  access = new AccessKit(consent);
  await access.emergencies.open(physician.actor, {
    handle: { patientId: persons[0]!.actor.partyId },
    reason: 'unconscious',
    text: WORDS,
  });
  await identity.vault.saveContact(persons[0]!.actor, CONTACT as never);
}, 240_000);
afterAll(() => kit.test.close());

const WORDS = 'Found unconscious at the station.';
const CONTACT = { name: 'Amina Example', email: 'amina@example.org' };
const keyFile = (epoch: number): boolean => existsSync(join(kit.test.custody.folder, `epoch-${epoch}.key`));
const quick = { graceMs: 0 };

/** Keys by table and epoch. */
async function keysUnder(epoch: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { table, epoch: column, wrapped } of KEY_TABLES) {
    const [row] = await kit.test.ownerQuery<{ n: number }>(
      `select count(*)::integer as n from ${table} where ${column} = $1 and ${wrapped} is not null`,
      [epoch],
    );
    counts[table] = row?.n ?? 0;
  }
  return counts;
}

/** Reads through every kind of key. */
async function readAll(): Promise<void> {
  const { identity } = kit.market.consent;
  const [first] = persons as [Contributor];
  await expect(identity.vault.readContact(first.actor)).resolves.toMatchObject(CONTACT);
  const [emergency] = await access.emergencies.list(first.actor, { of: 'own', limit: 1, after: null });
  expect(emergency?.text).toBe(WORDS);
  const tickets = await kit.test.database.transaction('worker', (tx) =>
    kit.register.reader.prepare(tx, [{ sourceRecordId: first.record, personId: first.personId, upToSequence: 1 }], {
      purpose: 'test',
      actorId: null,
    }),
  );
  let lines = 0;
  for await (const { bytes } of kit.register.reader.read(tickets[0]!)) lines += bytes > 0 ? 1 : 0;
  expect(lines).toBeGreaterThan(0);
}

describe('the tables of wrapped keys', () => {
  it('are all those that name an epoch: one that is forgotten would keep its epoch alive for ever', async () => {
    const rows = await kit.test.ownerQuery<{ name: string }>(
      `select conrelid::regclass::text as name from pg_constraint
        where contype = 'f' and confrelid = 'platform.key_epoch'::regclass order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(KEY_TABLES.map(({ table }) => table).sort());
    const columns = await kit.test.ownerQuery<{ name: string }>(
      `select distinct table_schema || '.' || table_name as name from information_schema.columns
        where (column_name like '%wrapped') and table_schema <> 'information_schema' order by 1`,
    );
    // A segment's key is wrapped by its source record's.
    expect(columns.map(({ name }) => name).filter((name) => name !== 'register.segment')).toEqual(
      KEY_TABLES.map(({ table }) => table).sort(),
    );
  });

  it('show the role that wraps anew nothing but keys', async () => {
    const rights = await kit.test.ownerQuery<{ right: string }>(
      `select distinct privilege_type || ' ' || table_schema || '.' || table_name || '.' || column_name as right
         from information_schema.column_privileges where grantee = 'aceso_keys'`,
    );
    const said = rights.map(({ right }) => right);
    expect(said.filter((right) => !right.startsWith('SELECT') && !/^UPDATE .*(wrapped|epoch)$/.test(right))).toEqual(
      [],
    );
    expect(said.filter((right) => /sealed|digest|did|text|person_id/.test(right))).toEqual([]);
    expect(DATABASE_ROLES).toContain('keys');
  });
});

describe('the turn of an epoch', () => {
  it('wraps every living key anew and destroys the old master key; all is read as before', async () => {
    const before = await keysUnder(1);
    expect(Object.values(before).every((n) => n > 0)).toBe(true);
    const report = await turns.turn({ ...quick, batchRows: 5 });
    expect(report).toMatchObject({ epoch: 2, destroyed: [1] });
    expect(Object.values(await keysUnder(1)).every((n) => n === 0)).toBe(true);
    const after = await keysUnder(2);
    for (const [table, n] of Object.entries(before)) expect(after[table]).toBeGreaterThanOrEqual(n);
    expect([keyFile(1), keyFile(2)]).toEqual([false, true]);
    await readAll();
    expect(await turns.states()).toMatchObject([
      { epoch: 1, state: 'destroyed' },
      { epoch: 2, state: 'alive', newest: true },
    ]);
  });

  const steps: TurnStep[] = ['planned', 'key-made', 'begun', 'batch', 'ended', 'key-destroyed'];
  it.each(steps)('goes on after its process died at %s, and reads work at that very moment', async (died) => {
    const epoch = kit.test.custody.currentEpoch;
    const killed = { ...quick, batchRows: 3, between: (step: TurnStep) => dieAt(step, died) };
    await expect(turns.turn(killed)).rejects.toThrow('killed');
    await readAll();
    expect(await turns.isDue(30)).toBe(died !== 'ended' && died !== 'key-destroyed');
    await turns.turn(quick);
    await readAll();
    // Where the turn had ended already, the second run is the next one.
    expect(keyFile(epoch)).toBe(false);
    expect(kit.test.custody.epochs()).toHaveLength(1);
  });

  it('is one turn when two begin at once', async () => {
    const epoch = kit.test.custody.currentEpoch;
    await Promise.all([turns.turn(quick), turns.turn(quick)]);
    expect(kit.test.custody.epochs()).toHaveLength(1);
    expect(kit.test.custody.currentEpoch).toBeLessThanOrEqual(epoch + 2);
    await readAll();
  });

  it('never ends an epoch that a key still names, whoever asks', async () => {
    const epoch = kit.test.custody.currentEpoch;
    const end = kit.test.ownerQuery('delete from platform.key_epoch where epoch = $1', [epoch]);
    await expect(end).rejects.toThrow('the newest one stays');
    await kit.test.ownerQuery(`insert into platform.key_epoch values ($1, 'alive')`, [epoch + 1]);
    const ended = kit.test.ownerQuery('delete from platform.key_epoch where epoch = $1', [epoch]);
    await expect(ended).rejects.toMatchObject({ code: '23503' });
    await kit.test.ownerQuery('alter table platform.key_epoch disable trigger epoch_moves');
    await kit.test.ownerQuery('delete from platform.key_epoch where epoch = $1', [epoch + 1]);
    await kit.test.ownerQuery('alter table platform.key_epoch enable trigger epoch_moves');
  });

  it('gives up, and destroys nothing, when somebody goes on to wrap keys under the old epoch', async () => {
    const { currentEpoch: epoch } = kit.test.custody;
    const kept = await kit.test.ownerQuery('select id, key_wrapped as wrapped from register.held_key');
    const again = async (step: TurnStep): Promise<void> => {
      if (step !== 'batch') return;
      const [{ id, wrapped }] = kept as [{ id: string; wrapped: Buffer }];
      await kit.test.ownerQuery('update register.held_key set key_wrapped = $2, key_epoch = $3 where id = $1', [
        id,
        wrapped,
        epoch,
      ]);
    };
    await expect(turns.turn({ ...quick, between: again })).rejects.toMatchObject({ code: 'EPOCH_NOT_TURNED' });
    expect(keyFile(epoch)).toBe(true);
    await turns.turn(quick);
    expect(keyFile(epoch)).toBe(false);
    await readAll();
  });

  it('is due when the newest epoch is old enough', async () => {
    expect(await turns.isDue(30)).toBe(false);
    expect(await turns.isDue(0)).toBe(true);
  });
});

function dieAt(step: TurnStep, died: TurnStep): void {
  if (step === died) throw new Error('killed');
}
