import { PROCESS_ROLES } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

describe('the register in the database', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await startTestDatabase();
  });
  afterAll(() => db.close());

  it('lets nobody but the index change facts, and nobody change a segment', async () => {
    const grants = await db.ownerQuery<{ table: string; grantee: string; right: string }>(
      `select table_schema || '.' || table_name as table, grantee, privilege_type as right
       from information_schema.role_table_grants
       where grantee like 'aceso\\_%' and grantee <> 'aceso_owner' and table_schema in ('register', 'facts') and privilege_type in ('UPDATE', 'DELETE')`,
    );
    const right = grants.map(({ table, grantee, right }) => `${right} ${table} ${grantee}`).sort();
    expect(right.filter((line) => line.includes(' facts.') && !line.endsWith('aceso_index'))).toEqual([]);
    expect(right.filter((line) => line.includes('register.segment'))).toEqual([]);
  });

  it.each(PROCESS_ROLES.api)('lets the api process, as role %s, change nothing of the index', async (role) => {
    for (const sql of [
      `insert into facts.person (index_no, sex, deceased) values (1, 'female', false)`,
      `insert into facts.fact (index_no, kind, system, code) values (1, 'condition', 's', 'c')`,
      'update facts.person set deceased = true',
      'delete from facts.fact',
      'delete from facts.person',
      'delete from register.person_index',
      `insert into register.person_index values (gen_random_uuid(), 1)`,
      'truncate facts.fact',
      'delete from facts.block',
      'delete from facts.person_block',
      'delete from facts.code',
      'update facts.slot set merged = true',
      `insert into facts.slot (slot) values (1)`,
      'select facts.empty_slot(0)',
      `select nextval('facts.block_version')`,
    ]) {
      await expect(db.database.query(role, sql)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('shows the api no more of a fact than counting needs', async () => {
    for (const column of ['race', 'ethnicity']) {
      const read = db.database.query('api', `select ${column} from facts.person`);
      await expect(read).rejects.toMatchObject({ code: '42501' });
    }
    await expect(db.database.query('api', 'select end_date from facts.fact')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(db.database.query('api', 'select code from facts.fact')).resolves.toEqual([]);
  });

  it('lets the index merge slots, and give none to anybody', async () => {
    await expect(db.database.query('index', 'update facts.slot set index_no = 1')).rejects.toMatchObject({
      code: '42501',
    });
    await expect(db.database.query('index', 'update facts.slot set merged = merged')).resolves.toEqual([]);
  });

  it('shows no sealed segment to the api', async () => {
    await expect(db.database.query('api', 'select 1 from register.segment')).rejects.toMatchObject({ code: '42501' });
    await expect(db.database.query('index', 'select 1 from register.segment')).rejects.toMatchObject({ code: '42501' });
  });

  it('keeps no display text of fewer than eleven persons', async () => {
    const insert = (persons: number) =>
      db.ownerQuery(`insert into facts.display_text values ('s', 'c', decode(repeat('00', 16), 'hex'), $1, 'text')`, [
        persons,
      ]);
    await expect(insert(10)).rejects.toMatchObject({ code: '23514' });
    await expect(insert(11)).resolves.toEqual([]);
  });
});
