import { runMigrations, type PgQueryable } from 'bullmq';
import { Client } from 'pg';
import { roleName } from '../database/roles';

const SCHEMA = 'bullmq';

/**
 * Brings BullMQ's tables in PostgreSQL to the version of this build and lets the worker's role use them. The api enqueues
 * nothing (it writes the outbox), so its role gets nothing here. For the launcher, as owner, after the other migrations;
 * running it again changes nothing.
 */
export async function migrateQueue(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-migrate-queue' });
  client.on('error', () => undefined); // reported by the statement that is running
  await client.connect();
  try {
    await runMigrations(client as unknown as PgQueryable, SCHEMA);
    const worker = roleName('worker');
    await client.query(`
      revoke execute on all functions in schema ${SCHEMA} from public;
      grant usage on schema ${SCHEMA} to ${worker};
      grant select, insert, update, delete on all tables in schema ${SCHEMA} to ${worker};
      revoke insert, update, delete on ${SCHEMA}.migration from ${worker};
      grant usage, select on all sequences in schema ${SCHEMA} to ${worker};
      grant execute on all routines in schema ${SCHEMA} to ${worker};
    `);
  } finally {
    await client.end();
  }
}
