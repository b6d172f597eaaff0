import { DEFAULT_SCHEMA, runMigrations } from 'bullmq';
import { Client } from 'pg';
import { roleName, type DatabaseRole } from '../database/roles';

/** Roles that enqueue or work on jobs. */
const QUEUE_ROLES: readonly DatabaseRole[] = ['api', 'worker'];

/**
 * Brings BullMQ's own schema (its PostgreSQL backend) to the version of the package, as the owner, and lets the roles that
 * use queues read, write and call what is in it. They may not change it.
 */
export async function migrateQueues(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-queues' });
  client.on('error', () => undefined); // reported by the statement that is running
  await client.connect();
  try {
    await runMigrations(client);
    const roles = QUEUE_ROLES.map(roleName).join(', ');
    await client.query(`grant usage on schema ${DEFAULT_SCHEMA} to ${roles}`);
    await client.query(`grant select, insert, update, delete on all tables in schema ${DEFAULT_SCHEMA} to ${roles}`);
    await client.query(`grant usage, select on all sequences in schema ${DEFAULT_SCHEMA} to ${roles}`);
    await client.query(`grant execute on all routines in schema ${DEFAULT_SCHEMA} to ${roles}`);
  } finally {
    await client.end();
  }
}
