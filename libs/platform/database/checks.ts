import { PlatformError } from '../platform.errors';
import type { Database } from './database';
import { knownMigrations } from './migrate';

/** Schemas of PostgreSQL itself. */
const SYSTEM_SCHEMAS = ['pg_catalog', 'information_schema'];

interface RoleFacts {
  readonly superuser: boolean;
  readonly bypasses: boolean;
  readonly replicates: boolean;
  readonly makesRoles: boolean;
  readonly owned: string | null;
  readonly memberOf: string | null;
}

/**
 * Refuses to work under a role that could do more than its grants say: a superuser, one that bypasses row-level security, reads
 * the stream of all changes or makes roles, one that owns (itself or as a member) a table, since owners may drop triggers and
 * grants, and a member of any other role, such as pg_read_all_data. DATABASE_ROLE_TOO_POWERFUL.
 */
export async function checkRoles(database: Database): Promise<void> {
  for (const role of database.roles) {
    const [facts] = await database.query<RoleFacts>(role, ROLE_FACTS, [SYSTEM_SCHEMAS]);
    const reason = facts && tooPowerful(facts);
    if (reason !== undefined) {
      throw new PlatformError('DATABASE_ROLE_TOO_POWERFUL', `the database role for ${role} ${reason}: start refused`);
    }
  }
}

function tooPowerful(role: RoleFacts): string | undefined {
  if (role.superuser) return 'is a superuser';
  if (role.bypasses) return 'bypasses row-level security';
  if (role.replicates) return 'may replicate';
  if (role.makesRoles) return 'may create roles';
  if (role.owned !== null) return `owns ${role.owned}`;
  return role.memberOf === null ? undefined : `is a member of ${role.memberOf}`;
}

// current_user and session_user both: SET ROLE must not hide what the login may become.
const ROLE_FACTS = `
select coalesce(bool_or(role.rolsuper), false) as superuser,
       coalesce(bool_or(role.rolbypassrls), false) as bypasses,
       coalesce(bool_or(role.rolreplication), false) as replicates,
       coalesce(bool_or(role.rolcreaterole), false) as "makesRoles",
       (select format('%s.%s', schema.nspname, relation.relname)
          from pg_class relation
          join pg_namespace schema on schema.oid = relation.relnamespace
         where relation.relkind in ('r', 'p', 'v', 'm', 'S')
           and schema.nspname <> all($1) and schema.nspname !~ '^pg_'
           and pg_has_role(session_user, relation.relowner, 'MEMBER')
         limit 1) as owned,
       (select other.rolname from pg_roles other
         where other.rolname <> session_user and pg_has_role(session_user, other.oid, 'MEMBER')
         order by other.rolname limit 1) as "memberOf"
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
