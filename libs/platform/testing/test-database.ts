import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'pg';
import { FolderBlobStore } from '../blobs/folder-blob-store';
import type { BlobStore } from '../blobs/blob-store';
import { readConfig, type Config } from '../config/config';
import { createKeys, KeyCustody } from '../custody/key-custody';
import { Database } from '../database/database';
import type { DatabaseRole } from '../database/roles';
import { createLogger, type Logger } from '../logging/logger';
import { Outbox } from '../outbox';
import { Runtime } from '../runtime';
import { testRunFolder } from './test-run';
import { createTestDatabase, dropTestDatabase, onDatabase, testServer } from './test-server';

/** An instance of the platform for one test file: a migrated database of its own, keys and blobs in a fresh home. */
export interface TestDatabase {
  readonly database: Database;
  /** Rows as the owner sees them: for looking, and for breaking what the program may not break. */
  ownerQuery<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  readonly ownerUrl: string;
  readonly roleUrls: Record<DatabaseRole, string>;
  readonly runtime: Runtime;
  readonly custody: KeyCustody;
  readonly blobs: BlobStore;
  readonly outbox: Outbox;
  readonly config: Config;
  readonly logger: Logger;
  /** Closes the pools and drops the database. Call it in afterAll. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Environment variables on top of the defaults, such as ACESO_NOW. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Makes the instance; the first call of a jest run also starts its PostgreSQL server (some seconds). */
export async function startTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const server = await testServer();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await createTestDatabase(server, name);
  const home = join(testRunFolder(), name);
  mkdirSync(home, { recursive: true });
  const config = readConfig({ ACESO_HOME: home, PORT: '0', LOG_LEVEL: 'silent', ...options.environment });
  const ownerUrl = onDatabase(server.ownerUrl, name);
  const roleUrls = Object.fromEntries(
    Object.entries(server.roleUrls).map(([role, url]) => [role, onDatabase(url, name)]),
  ) as Record<DatabaseRole, string>;
  const database = new Database({ urls: roleUrls, poolSize: 8 });
  const owner = new Pool({ connectionString: ownerUrl, max: 4 });
  owner.on('error', () => undefined);
  createKeys(join(home, 'keys'));
  return {
    database,
    ownerQuery: async <Row>(sql: string, params: readonly unknown[] = []) =>
      (await owner.query(sql, params as unknown[])).rows as Row[],
    ownerUrl,
    roleUrls,
    runtime: new Runtime({ ...(config.now === undefined ? {} : { recordDate: config.now }) }),
    custody: new KeyCustody(join(home, 'keys')),
    blobs: new FolderBlobStore(join(home, 'blobs')),
    outbox: new Outbox(),
    config,
    logger: createLogger({ process: 'test', level: 'silent', format: 'json' }),
    async close() {
      await database.close();
      await owner.end();
      await dropTestDatabase(server, name);
    },
  };
}
