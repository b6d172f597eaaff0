import { PlatformError } from '../platform.errors';
import type { Database } from './database';
import { knownMigrations } from './migrate';

/** Schemas of PostgreSQL itself. */
const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema'];

interface RoleFacts {
  readonly superuser: boolean;
  readonly bypasses: boolean;
  readonly owned: string | null;
}

/**
 * Refuses to work under a role that could do more than its grants say: a superuser, one that bypasses row-level security, or one
 * that owns (itself or as a member) a table, since owners may drop triggers and grants. DATABASE_ROLE_TOO_POWERFUL.
 */
export async function checkRoles(database: Database): Promise<void> {
  for (const role of database.roles) {
    const [facts] = await database.query<RoleFacts>(role, ROLE_FACTS, [SYSTEM_SCHEMAS]);
    const reason = facts?.superuser
      ? 'is a superuser'
      : facts?.bypasses
        ? 'bypasses row-level security'
        : facts?.owned
          ? `owns ${facts.owned}`
          : undefined;
    if (reason !== undefined) {
      throw new PlatformError('DATABASE_ROLE_TOO_POWERFUL', `the database role for ${role} ${reason}: start refused`);
    }
  }
}

// current_user and session_user both: SET ROLE must not hide what the login may become.
const ROLE_FACTS = `
select coalesce(bool_or(role.rolsuper), false) as superuser,
       coalesce(bool_or(role.rolbypassrls), false) as bypasses,
       (select format('%s.%s', schema.nspname, relation.relname)
          from pg_class relation
          join pg_namespace schema on schema.oid = relation.relnamespace
         where relation.relkind in ('r', 'p', 'v', 'm', 'S')
           and schema.nspname <> all($1) and schema.nspname !~ '^pg_'
           and pg_has_role(session_user, relation.relowner, 'MEMBER')
         limit 1) as owned
  from pg_roles role
 where role.rolname in (session_user, current_user)`;

/** DATABASE_NOT_MIGRATED unless exactly the migrations of this build ran. */
export async function checkMigrations(database: Database): Promise<void> {
  const [role] = database.roles;
  if (role === undefined) return;
  const rows = await database.query<{ name: string }>(role, 'select name from platform.migration');
  const done = new Set(rows.map(({ name }) => name));
  const known = knownMigrations();
  const missing = known.filter((name) => !done.has(name));
  if (missing.length > 0) {
    throw new PlatformError('DATABASE_NOT_MIGRATED', `the database lacks ${missing.join(', ')}: start \`aceso serve\``);
  }
  if (done.size > known.length) {
    throw new PlatformError('DATABASE_NOT_MIGRATED', 'the database is newer than this release');
  }
}
