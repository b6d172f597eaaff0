import { assert } from '@aceso/kernel';
import type { Database, KeyCustody, KeyTable, Tx } from '@aceso/platform';

/** Keys of one transaction, at most: rows stay locked shortly. */
export const KEYS_A_BATCH_MAX = 1_000;

type KeyRow = Readonly<Record<string, string | number>> & { readonly wrapped: Buffer | null; readonly epoch: number };

/** What one pass works with. `afterBatch` is called after each commit: a test ends the process there. */
export interface Pass {
  readonly database: Database;
  readonly custody: KeyCustody;
  readonly batchRows?: number;
  readonly afterBatch?: () => Promise<void> | void;
}

/**
 * Wraps every key of a table anew that is under an older epoch whose master key is here, in bounded batches in the order of the
 * primary key. Tells how many. A key that somebody wraps under the old epoch meanwhile is left to the next pass.
 */
export async function wrapAnew(table: KeyTable, pass: Pass): Promise<number> {
  const { database, custody, batchRows = KEYS_A_BATCH_MAX, afterBatch } = pass;
  const newest = custody.currentEpoch;
  const old = custody.epochs().filter((epoch) => epoch < newest);
  let after: readonly unknown[] | undefined;
  let wrapped = 0;
  for (;;) {
    const rows = await database.transaction('keys', async (tx) => {
      const page = await readPage(tx, table, { old, after, batchRows });
      await writePage(tx, table, { rows: page, custody });
      return page;
    });
    wrapped += rows.length;
    await afterBatch?.();
    const last = rows.at(-1);
    if (last === undefined || rows.length < batchRows) return wrapped;
    after = Object.keys(table.key).map((name) => last[name]);
  }
}

interface Page {
  readonly old: readonly number[];
  readonly after: readonly unknown[] | undefined;
  readonly batchRows: number;
}

// Names of tables and columns are constants of this program; values are parameters.
async function readPage(tx: Tx, table: KeyTable, { old, after, batchRows }: Page): Promise<KeyRow[]> {
  const names = Object.keys(table.key);
  const types = Object.values(table.key);
  const columns = [...names, ...(table.needs ?? [])].join(', ');
  const place = types.map((type, at) => `$${at + 3}::${type}`).join(', ');
  return tx.query<KeyRow>(
    `select ${columns}, ${table.wrapped} as wrapped, ${table.epoch} as epoch from ${table.table}
      where ${table.epoch} = any ($1::integer[]) ${after ? `and (${names.join(', ')}) > (${place})` : ''}
      order by ${names.join(', ')} limit $2 for update`,
    [old, batchRows, ...(after ?? [])],
  );
}

async function writePage(
  tx: Tx,
  table: KeyTable,
  { rows, custody }: { readonly rows: readonly KeyRow[]; readonly custody: KeyCustody },
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(table.key);
  const arrays = Object.values(table.key).map((type, at) => `$${at + 3}::${type}[]`);
  const newest = custody.currentEpoch;
  // A key that was destroyed leaves its row behind (a sale's): only the number moves on.
  const made = rows.map((row) => {
    if (row.wrapped === null) return null;
    const anew = custody.rewrap({ wrapped: row.wrapped, epoch: row.epoch, aad: table.aad(row) });
    assert(anew?.epoch === newest, 'a key of an older epoch is wrapped under the newest');
    return Buffer.from(anew.wrapped);
  });
  const changed = await tx.execute(
    `update ${table.table} t set ${table.wrapped} = n.wrapped, ${table.epoch} = $1
       from unnest($2::bytea[], ${arrays.join(', ')}) n (wrapped, ${names.join(', ')})
      where ${names.map((name) => `t.${name} = n.${name}`).join(' and ')}`,
    [newest, made, ...names.map((name) => rows.map((row) => row[name]))],
  );
  assert(changed === rows.length, 'locked rows stay until they are written');
}
