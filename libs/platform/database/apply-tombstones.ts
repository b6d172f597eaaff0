import { Client } from 'pg';
import { hex } from '@aceso/kernel';
import { readTombstones, type Tombstone } from '../custody/tombstones';
import { PlatformError } from '../platform.errors';
import type { Database } from './database';

/** What applying tombstones did. */
export interface AppliedTombstones {
  /** Tombstones that were not known here: of a restored dump, or of a process that died before its commit. */
  readonly applied: number;
  /** Source records whose keys went with them. */
  readonly records: number;
}

/**
 * Erases again whatever the tombstones beside the keys name, each in one transaction, as owner and before anything serves: a
 * dump from before an erasure is never read. Again, it changes nothing.
 */
export async function applyTombstones(ownerUrl: string, keyFolder: string): Promise<AppliedTombstones> {
  const tombstones = readTombstones(keyFolder);
  if (tombstones.length === 0) return { applied: 0, records: 0 };
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-tombstones' });
  client.on('error', () => undefined); // reported by the statement that is running
  await client.connect();
  try {
    const open = await notApplied(tombstones, async (sql, params) => (await client.query(sql, params)).rows as Row[]);
    let records = 0;
    for (const { id, marks } of open) {
      const { rows } = await client.query<{ records: number }>('select platform.apply_tombstone($1, $2) as records', [
        hex.decode(id),
        marks.map((mark) => Buffer.from(mark, 'hex')),
      ]);
      records += rows[0]?.records ?? 0;
    }
    return { applied: open.length, records };
  } finally {
    await client.end();
  }
}

/** ERASURES_NOT_APPLIED unless every tombstone beside the keys was applied to this database. */
export async function checkTombstones(database: Database, keyFolder: string): Promise<void> {
  const role = database.roles.find((name) => name === 'api' || name === 'worker');
  if (role === undefined) return;
  const open = await notApplied(readTombstones(keyFolder), (sql, params) => database.query<Row>(role, sql, params));
  if (open.length === 0) return;
  throw new PlatformError(
    'ERASURES_NOT_APPLIED',
    `${open.length} erasures are not applied to this database, a restored one perhaps: start it with \`aceso serve\``,
  );
}

interface Row {
  readonly id: Buffer;
}

async function notApplied(
  tombstones: readonly Tombstone[],
  query: (sql: string, params: unknown[]) => Promise<Row[]>,
): Promise<Tombstone[]> {
  if (tombstones.length === 0) return [];
  const ids = tombstones.map(({ id }) => Buffer.from(id, 'hex'));
  const rows = await query('select id from platform.tombstone where id = any ($1::bytea[])', [ids]);
  const known = new Set(rows.map(({ id }) => id.toString('hex')));
  return tombstones.filter(({ id }) => !known.has(id));
}
