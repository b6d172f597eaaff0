import type { LedgerEntryId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { Reader } from './reader';

/** An entry as it stands in the log. */
export interface LoggedRow {
  readonly index: string;
  readonly id: LedgerEntryId;
  readonly bytes: Uint8Array;
}

/** The same with its opening, where there is one that the reader may see. */
export interface EntryRow extends LoggedRow {
  readonly subject_id: string | null;
  readonly sealed: Uint8Array | null;
}

const COLUMNS = 'e.index, e.id, e.bytes, o.subject_id, o.sealed';

/** The entry of an id without its opening: no row policy is asked, which is most of the time of {@link readEntry}. */
export async function readLogged(reader: Reader, id: LedgerEntryId): Promise<LoggedRow | undefined> {
  const [row] = await reader.query<LoggedRow>('select index, id, bytes from ledger.entry where id = $1', [id]);
  return row;
}

/** The entry of an id with its opening; undefined while it is not in the log. */
export async function readEntry(reader: Reader, id: LedgerEntryId): Promise<EntryRow | undefined> {
  const [row] = await reader.query<EntryRow>(
    `select ${COLUMNS} from ledger.entry e left join ledger.opening o on o.index = e.index where e.id = $1`,
    [id],
  );
  return row;
}

/** The entry of these very bytes at an index; undefined where another one stands. */
export async function readEntryAt(reader: Reader, index: bigint, bytes: Uint8Array): Promise<EntryRow | undefined> {
  const [row] = await reader.query<EntryRow>(
    `select ${COLUMNS} from ledger.entry e left join ledger.opening o on o.index = e.index
      where e.index = $1 and e.bytes = $2`,
    [index, Buffer.from(bytes)],
  );
  return row;
}

/** Entries that concern the acting party and were not erased, newest first, all before an index. */
export async function readOwnEntries(
  reader: Reader,
  { before, limit }: { readonly before: bigint; readonly limit: number },
): Promise<EntryRow[]> {
  return reader.query<EntryRow>(
    `select ${COLUMNS}
       from ledger.own_subject own
       cross join lateral (
         select index, subject_id, sealed from ledger.opening
          where subject_id = own.subject_id and index < $1 order by index desc limit $2
       ) o
       join ledger.entry e on e.index = o.index
      order by e.index desc limit $2`,
    [before, limit],
  );
}

/** An entry before it is written to the pending table. */
export interface PendingRow {
  readonly id: LedgerEntryId;
  readonly bytes: Uint8Array;
  readonly subjectId: string;
  readonly sealed: Uint8Array;
}

/** Rows of one INSERT: four parameters each, far below PostgreSQL's 65,535. */
const ROWS_A_STATEMENT = 1_000;

// Multi-VALUES beats unnest here: node-postgres turns bytea arrays into hexadecimal text (transparency-log.md 11).
export async function insertPending(tx: Tx, rows: readonly PendingRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const some = rows.slice(from, from + ROWS_A_STATEMENT);
    const values = some.map((_, at) => `($${4 * at + 1},$${4 * at + 2},$${4 * at + 3},$${4 * at + 4})`);
    await tx.execute(
      `insert into ledger.pending (id, entry, subject_id, sealed) values ${values.join(',')}`,
      some.flatMap(({ id, bytes, subjectId, sealed }) => [id, bytes, subjectId, sealed]),
    );
  }
}
