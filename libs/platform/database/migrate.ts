import { DataSource, type MigrationInterface } from 'typeorm';
import { Client } from 'pg';
import { MIGRATIONS } from '../../../migrations';
import { DATABASE_ROLES, roleName } from './roles';

/** Key of the advisory lock that lets one launcher migrate at a time ('ACES' as a number). */
const MIGRATION_LOCK = 0x41434553;
const MIGRATION_TABLE = 'platform.migration';

/**
 * Brings the database of `ownerUrl` to the newest schema, or to the one that the first `count` migrations make, for rows of an
 * older backup. Running it again, or twice at once, changes nothing.
 */
export async function migrate(ownerUrl: string, count = MIGRATIONS.length): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-migrate' });
  client.on('error', () => undefined); // reported by the statement that is running
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query('create schema if not exists platform');
    await runMigrations(ownerUrl, count);
    // Every process compares this list with its own at start (health check "migrations").
    await client.query(`grant select on ${MIGRATION_TABLE} to ${DATABASE_ROLES.map(roleName).join(', ')}`);
  } finally {
    await client.end(); // gives the lock back
  }
}

async function runMigrations(ownerUrl: string, count: number): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    schema: 'platform',
    migrations: MIGRATIONS.slice(0, count),
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    logging: false,
    poolSize: 2,
  });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}

/** Names of the migrations that this build knows, in order. */
export function knownMigrations(): string[] {
  return MIGRATIONS.map((migration) => nameOf(new migration()));
}

function nameOf(migration: MigrationInterface): string {
  return migration.name ?? migration.constructor.name;
}
