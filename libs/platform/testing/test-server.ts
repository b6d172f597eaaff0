import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../database/migrate';
import type { DatabaseRole } from '../database/roles';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres';
import { provideRoles } from '../secrets/role-passwords';
import { noteServerData, testRunFolder, testServerHome } from './test-run';

const TEMPLATE = 'aceso_template';
const START_MS_MAX = 90_000;
const POLL_MS = 50;

/** Addresses of the run's server, on its template database: other databases differ in the path only. */
export interface TestServer {
  readonly ownerUrl: string;
  readonly roleUrls: Record<DatabaseRole, string>;
}

/** The one server of this run: the first worker that asks starts it, the others wait for its word. */
export async function testServer(): Promise<TestServer> {
  const folder = testRunFolder();
  const answer = join(folder, 'server.json');
  const failure = join(folder, 'server.failed');
  if (claim(join(folder, 'server.lock'))) {
    try {
      const server = await startServer(testServerHome(folder));
      writeFileSync(`${answer}.part`, JSON.stringify(server), { mode: 0o600 });
      renameSync(`${answer}.part`, answer);
    } catch (error) {
      writeFileSync(failure, error instanceof Error ? error.message : 'unknown');
      throw error;
    }
  }
  for (let waited = 0; waited < START_MS_MAX; waited += POLL_MS) {
    if (existsSync(answer)) return JSON.parse(readFileSync(answer, 'utf8')) as TestServer;
    if (existsSync(failure)) throw new Error(`the test server did not start: ${readFileSync(failure, 'utf8')}`);
    await sleep(POLL_MS);
  }
  throw new Error('the test server did not start in time');
}

function claim(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch {
    return false;
  }
}

async function startServer(home: string): Promise<TestServer> {
  // Nothing of a test run survives a crash anyway.
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
    max_wal_size: '512MB',
  };
  const server = await startEmbeddedPostgres({ home, settings });
  noteServerData(server.data);
  const ownerUrl = onDatabase(server.ownerUrl, TEMPLATE);
  await asOwner(server.ownerUrl, `create database ${TEMPLATE}`);
  await migrate(ownerUrl);
  const roleUrls = await provideRoles(home, ownerUrl);
  return { ownerUrl, roleUrls };
}

/** The address of another database of the same server. */
export function onDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** Makes a database like the migrated template, with the rights on the database itself, which templates do not pass on. */
export async function createTestDatabase(server: TestServer, name: string): Promise<void> {
  const roles = Object.values(server.roleUrls).map((url) => new URL(url).username);
  const owner = onDatabase(server.ownerUrl, 'postgres');
  await asOwner(owner, `create database ${name} template ${TEMPLATE}`);
  await asOwner(owner, `revoke all on database ${name} from public`);
  await asOwner(owner, `grant connect on database ${name} to ${roles.join(', ')}`);
}

/** Drops a test database, whoever is still connected. */
export async function dropTestDatabase(server: TestServer, name: string): Promise<void> {
  await asOwner(onDatabase(server.ownerUrl, 'postgres'), `drop database if exists ${name} with (force)`);
}

async function asOwner(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
