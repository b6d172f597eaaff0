import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudit } from '@aceso/audit/testing';
import type { Ledger } from '@aceso/ledger';
import {
  createKeys,
  createLogger,
  Database,
  KeyCustody,
  migrate,
  provideRoles,
  readConfig,
  Runtime,
  startEmbeddedPostgres,
  type Config,
  type Logger,
} from '@aceso/platform';

/** A ledger with a PostgreSQL server of its own. */
export interface Instance {
  readonly database: Database;
  readonly owner: Database;
  readonly ledger: Ledger;
  readonly runtime: Runtime;
  readonly custody: KeyCustody;
  readonly config: Config;
  readonly logger: Logger;
  close(): Promise<void>;
}

/** A server of its own with fsync on: tests switch it off, and a log that may lose commits is not measured here. */
export async function openInstance(connections: number): Promise<Instance> {
  const home = mkdtempSync(join(tmpdir(), 'aceso-bench-'));
  const server = await startEmbeddedPostgres({ home });
  await migrate(server.ownerUrl);
  const urls = await provideRoles(home, server.ownerUrl);
  createKeys(join(home, 'keys'));
  const parts = {
    database: new Database({ urls, poolSize: connections }),
    // The owner makes the table that the plain inserts go to.
    owner: new Database({ urls: { api: server.ownerUrl }, poolSize: 2 }),
    runtime: new Runtime(),
    custody: new KeyCustody(join(home, 'keys')),
    config: readConfig({ ACESO_HOME: home, PORT: '0', ACESO_CHECKPOINT_INTERVAL_MS: '1000' }),
    logger: createLogger({ process: 'bench', level: 'error', format: 'text' }),
  };
  return {
    ...parts,
    ledger: createAudit(parts).ledger,
    async close() {
      await parts.database.close();
      await parts.owner.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
