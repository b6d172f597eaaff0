import { startTestDatabase, type TestDatabase } from '../testing';
import { checkMigrations, checkRoles } from './checks';
import { Database } from './database';
import { migrate } from './migrate';

let kit: TestDatabase;
const opened: Database[] = [];

beforeAll(async () => {
  kit = await startTestDatabase();
}, 90_000);

afterAll(async () => {
  for (const database of opened) await database.close();
  await kit.close();
});

const connect = (url: string): Database => {
  const database = new Database({ urls: { api: url }, poolSize: 2 });
  opened.push(database);
  return database;
};

/** A login of its own beside the five roles, on the test's database; dropped with what it owns. */
const withLogin = async (attributes: string, prepare: string, use: (database: Database) => Promise<void>) => {
  const name = `role_${kit.runtime.uuid().slice(0, 8)}`;
  await kit.ownerQuery(`create role ${name} login password 'p' ${attributes}`);
  await kit.ownerQuery(
    `do $$ begin execute format('grant connect on database %I to ${name}', current_database()); end $$`,
  );
  await kit.ownerQuery(prepare.replaceAll('NAME', name));
  const url = new URL(kit.ownerUrl);
  url.username = name;
  url.password = 'p';
  const database = connect(url.href);
  try {
    await use(database);
  } finally {
    await database.close();
    await kit.ownerQuery(`drop owned by ${name} cascade`);
    await kit.ownerQuery(`drop role ${name}`);
  }
};

const tooPowerful = (reason: string) => ({
  code: 'DATABASE_ROLE_TOO_POWERFUL',
  message: expect.stringContaining(reason) as unknown,
});

describe('the start guard', () => {
  it('lets the five roles pass', async () => {
    await expect(checkRoles(kit.database)).resolves.toBeUndefined();
  });

  it('refuses the owner, who is a superuser in the embedded mode', async () => {
    await expect(checkRoles(connect(kit.ownerUrl))).rejects.toMatchObject(tooPowerful('is a superuser'));
  });

  it('refuses a role that bypasses row-level security', async () => {
    await withLogin('bypassrls', 'select 1', async (database) => {
      await expect(checkRoles(database)).rejects.toMatchObject(tooPowerful('bypasses row-level security'));
    });
  });

  it.each([
    ['replication', 'may replicate'],
    ['createrole', 'may create roles'],
  ])('refuses a role with the attribute %s', async (attribute, reason) => {
    await withLogin(attribute, 'select 1', async (database) => {
      await expect(checkRoles(database)).rejects.toMatchObject(tooPowerful(reason));
    });
  });

  it.each(['pg_read_all_data', 'pg_write_all_data', 'pg_execute_server_program', 'aceso_worker'])(
    'refuses a member of %s, whether it inherits or not',
    async (other) => {
      for (const inheriting of ['inherit', 'noinherit']) {
        await withLogin(inheriting, `grant ${other} to NAME`, async (database) => {
          await expect(checkRoles(database)).rejects.toMatchObject(tooPowerful(`is a member of ${other}`));
        });
      }
    },
  );

  it('refuses the owner of a table, and a member of the owner', async () => {
    await withLogin(
      '',
      'create schema own_NAME authorization NAME; create table own_NAME.thing (); alter table own_NAME.thing owner to NAME',
      async (database) => {
        await expect(checkRoles(database)).rejects.toMatchObject(tooPowerful('.thing'));
      },
    );
    await withLogin('noinherit', 'grant aceso_owner to NAME', async (database) => {
      await expect(checkRoles(database)).rejects.toMatchObject(tooPowerful('owns'));
    });
  });
});

describe('migrations', () => {
  it('change nothing when they run again, even two at once', async () => {
    const count = 'select count(*)::int as done from platform.migration';
    const before = await kit.ownerQuery(count);
    await Promise.all([migrate(kit.ownerUrl), migrate(kit.ownerUrl)]);
    await expect(kit.ownerQuery(count)).resolves.toEqual(before);
    await expect(checkMigrations(kit.database)).resolves.toBeUndefined();
  });

  it('are missed when the database is older or newer than the build', async () => {
    const notMigrated = { code: 'DATABASE_NOT_MIGRATED' };
    await kit.ownerQuery(`insert into platform.migration (timestamp, name) values (9, 'FromTheFuture')`);
    await expect(checkMigrations(kit.database)).rejects.toMatchObject(notMigrated);
    await kit.ownerQuery(`delete from platform.migration where name in ('FromTheFuture', 'Platform0000000000001')`);
    await expect(checkMigrations(kit.database)).rejects.toMatchObject(notMigrated);
  });

  it('give nobody else a way in: public has no rights, the roles own nothing', async () => {
    const rights = await kit.ownerQuery(
      `select has_schema_privilege('aceso_api', 'public', 'create') as create_in_public,
              has_database_privilege('aceso_api', current_database(), 'temp') as temp,
              has_database_privilege('aceso_api', current_database(), 'create') as create_schema`,
    );
    expect(rights).toEqual([{ create_in_public: false, temp: false, create_schema: false }]);
  });
});
