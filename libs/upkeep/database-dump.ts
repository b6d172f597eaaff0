import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client, escapeIdentifier } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { BackupManifest } from './backup-manifest';
import { writePrivateStream } from './private-stream';
import { UpkeepError } from './upkeep.errors';

/** What the database gives to a manifest. */
export type DumpedDatabase = Pick<BackupManifest, 'schema' | 'epoch' | 'ledgerSize' | 'tables' | 'sequences'>;

/** SQLSTATE insufficient_privilege: a policy would have left rows out. */
const FILTERED = '42501';

/**
 * Left out: the fact index with the only way from a person to it (derived data, rebuilt after a restore, so that no backup
 * prolongs its life), the queue (a hint: rows are the truth), the list of migrations (the manifest has it).
 */
const LEFT_OUT_SCHEMAS = ['pg_catalog', 'information_schema', 'pg_toast', 'facts', 'bullmq'];
const LEFT_OUT_TABLES = [
  'register.person_index',
  'platform.migration',
  // Sets of persons by numbers of person_index, and what stands on them.
  'cohort.found_set',
  'cohort.told_set',
  'cohort.answer',
  // What processes that run follow.
  'cohort.found_change',
  'cohort.found_horizon',
  'cohort.server_life',
];

/**
 * Copies every row of every table in one snapshot into `<folder>/tables`, a file a table in PostgreSQL's binary COPY format.
 * As owner, who has to see every row: BACKUP_DATABASE_FILTERED where a policy would hide some.
 */
export async function dumpDatabase(ownerUrl: string, folder: string): Promise<DumpedDatabase> {
  return withClient(ownerUrl, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    await client.query('set local row_security = off'); // an error instead of a backup that lacks rows
    const tables: DumpedDatabase['tables'] = [];
    for (const { name, columns } of await tablesOf(client)) {
      const file = `tables/${name}.copy`;
      const stream = client.query(copyTo(`copy ${tableAndColumns(name, columns)} to stdout with (format binary)`));
      const written = await writePrivateStream(join(folder, file), stream).catch((error: unknown) => {
        throw (error as { code?: unknown }).code === FILTERED ? filtered(name) : error;
      });
      tables.push({ name, columns, rows: stream.rowCount, file, ...written });
    }
    const [facts] = (await client.query<Facts>(FACTS)).rows;
    const migrations = await client.query<{ name: string }>('select name from platform.migration order by id');
    const sequences = await sequencesOf(client);
    await client.query('commit');
    return {
      schema: migrations.rows.map(({ name }) => name),
      epoch: facts?.epoch ?? 1,
      ledgerSize: facts?.size ?? '0',
      tables,
      sequences,
    };
  });
}

/**
 * Fills a migrated, unused database with the rows of a backup, all or none. Triggers and foreign keys rest meanwhile, since
 * the rows are of one snapshot: that takes a superuser (RESTORE_NEEDS_SUPERUSER).
 */
export async function loadDatabase(ownerUrl: string, folder: string, manifest: BackupManifest): Promise<void> {
  await withClient(ownerUrl, async (client) => {
    await client.query('begin');
    await client.query('set local session_replication_role = replica').catch((cause: unknown) => {
      throw new UpkeepError('RESTORE_NEEDS_SUPERUSER', 'the owner of the database has to be a superuser to restore', {
        cause,
      });
    });
    const known = new Map((await tablesOf(client)).map(({ name, columns }) => [name, columns]));
    for (const name of known.keys()) await client.query(`delete from ${quoted(name)}`);
    for (const { name, columns, file } of manifest.tables) {
      const own = known.get(name);
      if (!own || columns.some((column) => !own.includes(column))) {
        throw new UpkeepError('BACKUP_UNSUPPORTED', `this release knows no table ${name} of that form`);
      }
      const target = client.query(copyFrom(`copy ${tableAndColumns(name, columns)} from stdin with (format binary)`));
      await pipeline(createReadStream(join(folder, file)), target);
    }
    for (const { name, last, called } of manifest.sequences) {
      await client.query('select setval($1::regclass, $2, $3)', [quoted(name), last, called]);
    }
    await client.query('commit');
    await client.query('analyze');
  });
}

interface TableColumns {
  readonly name: string;
  readonly columns: string[];
}

async function tablesOf(client: Client): Promise<TableColumns[]> {
  const { rows } = await client.query<TableColumns>(
    `select n.nspname || '.' || c.relname as name,
            (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname <> all ($1) and n.nspname || '.' || c.relname <> all ($2) order by 1`,
    [LEFT_OUT_SCHEMAS, LEFT_OUT_TABLES],
  );
  return rows;
}

async function sequencesOf(client: Client): Promise<DumpedDatabase['sequences']> {
  const { rows } = await client.query<{ name: string }>(
    `select schemaname || '.' || sequencename as name from pg_sequences
      where schemaname <> all ($1) and schemaname || '.' || sequencename not like 'platform.migration%' order by 1`,
    [LEFT_OUT_SCHEMAS],
  );
  const sequences: DumpedDatabase['sequences'] = [];
  for (const { name } of rows) {
    const state = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${quoted(name)}`,
    );
    sequences.push({ name, ...(state.rows[0] as { last: string; called: boolean }) });
  }
  return sequences;
}

interface Facts {
  readonly epoch: number | null;
  readonly size: string;
}

const FACTS = `
select (select max(epoch) from platform.key_epoch where state = 'alive') as epoch,
       (select count(*)::text from ledger.entry) as size`;

function tableAndColumns(name: string, columns: readonly string[]): string {
  return `${quoted(name)} (${columns.map(escapeIdentifier).join(', ')})`;
}

function quoted(name: string): string {
  return name.split('.').map(escapeIdentifier).join('.');
}

function filtered(table: string): UpkeepError {
  return new UpkeepError(
    'BACKUP_DATABASE_FILTERED',
    `the owner may not read every row of ${table}: give the owner BYPASSRLS, or let a superuser make the backup`,
  );
}

async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'aceso-backup' });
  client.on('error', () => undefined); // reported by the statement that is running
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end(); // ends an open transaction without effect
  }
}
