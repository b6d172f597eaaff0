import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { DATABASE_ROLES, PROCESS_ROLES, roleName, type DatabaseRole, type ProcessName } from '../database/roles';
import { PlatformError } from '../platform.errors';
import { readSecret, writeSecret } from './secret-file';

export type RoleUrls = Partial<Record<DatabaseRole, string>>;

const fileOf = (home: string, name: ProcessName): string => join(home, 'secrets', `database-${name}.json`);

/**
 * Gives every role its password (that of the last start, or a fresh random one) and writes for each process the addresses of
 * the roles that it holds into `<home>/secrets/database-<process>.json`, mode 0600. Returns the addresses of all roles.
 */
export async function provideRoles(home: string, ownerUrl: string): Promise<Record<DatabaseRole, string>> {
  const passwords = knownPasswords(home);
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-roles' });
  await client.connect();
  try {
    for (const role of DATABASE_ROLES) {
      await client.query(`alter role ${escapeIdentifier(roleName(role))} password ${escapeLiteral(passwords[role])}`);
    }
  } finally {
    await client.end();
  }
  const urls = mapRoles((role) => roleUrl(ownerUrl, role, passwords[role]));
  for (const [name, roles] of Object.entries(PROCESS_ROLES) as [ProcessName, readonly DatabaseRole[]][]) {
    writeSecret(fileOf(home, name), Object.fromEntries(roles.map((role) => [role, urls[role]])));
  }
  return urls;
}

/** The addresses of the roles of one process; DATABASE_SECRETS_MISSING before the first `aceso serve`. */
export function readRoleUrls(home: string, name: ProcessName): RoleUrls {
  const urls = readSecret<RoleUrls>(fileOf(home, name));
  if (!urls) {
    throw new PlatformError(
      'DATABASE_SECRETS_MISSING',
      `secrets/database-${name}.json is missing in the home folder: \`aceso serve\` writes it at its first start`,
    );
  }
  return urls;
}

/** The address of a role on the owner's server and database. */
function roleUrl(ownerUrl: string, role: DatabaseRole, password: string): string {
  const url = new URL(ownerUrl);
  url.username = roleName(role);
  url.password = password;
  return url.href;
}

function knownPasswords(home: string): Record<DatabaseRole, string> {
  const known: RoleUrls = {};
  for (const name of Object.keys(PROCESS_ROLES) as ProcessName[]) Object.assign(known, readSecret(fileOf(home, name)));
  return mapRoles((role) => {
    const url = known[role];
    return url === undefined ? randomBytes(24).toString('base64url') : decodeURIComponent(new URL(url).password);
  });
}

function mapRoles<Value>(make: (role: DatabaseRole) => Value): Record<DatabaseRole, Value> {
  return Object.fromEntries(DATABASE_ROLES.map((role) => [role, make(role)])) as Record<DatabaseRole, Value>;
}
