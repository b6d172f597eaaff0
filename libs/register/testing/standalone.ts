import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createKeys,
  Database,
  FolderBlobStore,
  KeyCustody,
  migrate,
  Outbox,
  provideRoles,
  readConfig,
  Runtime,
  startEmbeddedPostgres,
} from '@aceso/platform';
import { Pool } from 'pg';

import { RegisterKit } from './register-kit';

/** A register on an embedded server of its own, in a folder that goes away with it. */
export interface StandaloneRegister {
  readonly kit: RegisterKit;
  readonly ownerUrl: string;
  ownerQuery<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  stop(): Promise<void>;
}

/** Starts one; `settings` go to PostgreSQL (a bench keeps fsync on, a conformance run does without). */
export async function startStandaloneRegister(settings: Readonly<Record<string, string>>): Promise<StandaloneRegister> {
  const home = mkdtempSync(join(tmpdir(), 'aceso-register-'));
  chmodSync(home, 0o711); // the server's account passes through
  const server = await startEmbeddedPostgres({ home, settings });
  await migrate(server.ownerUrl);
  const urls = await provideRoles(home, server.ownerUrl);
  const database = new Database({ urls, poolSize: 4 });
  const owner = new Pool({ connectionString: server.ownerUrl, max: 2 });
  owner.on('error', () => undefined); // the server ends before its idle connections do
  createKeys(join(home, 'keys'));
  const kit = new RegisterKit({
    database,
    runtime: new Runtime(),
    custody: new KeyCustody(join(home, 'keys')),
    blobs: new FolderBlobStore(join(home, 'blobs')),
    outbox: new Outbox(),
    config: readConfig({ ACESO_HOME: home, LOG_LEVEL: 'silent' }),
  });
  return {
    kit,
    ownerUrl: server.ownerUrl,
    ownerQuery: async <Row>(sql: string, params: readonly unknown[] = []) =>
      (await owner.query(sql, params as unknown[])).rows as Row[],
    async stop() {
      await database.close();
      await owner.end();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
