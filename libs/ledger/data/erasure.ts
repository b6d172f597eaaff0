import type { LedgerEntryId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { ErasureList, LegalBasis } from '../domain';

/** A subject whose openings are to go. */
export interface ErasureWish {
  readonly subjectId: string;
  readonly basis: LegalBasis;
}

/** Puts subjects into the queue; who waits already keeps place and basis. */
export async function insertWishes(tx: Tx, wishes: readonly ErasureWish[]): Promise<void> {
  await tx.execute(
    `insert into ledger.awaiting_erasure (subject_id, basis) select * from unnest($1::uuid[], $2::text[])
     on conflict (subject_id) do nothing`,
    [wishes.map(({ subjectId }) => subjectId), wishes.map(({ basis }) => basis)],
  );
}

/** How many wait, and since when the first of them (milliseconds). */
export async function waiting(tx: Pick<Tx, 'query'>): Promise<{ count: number; since: number } | null> {
  const [row] = await tx.query<{ count: number; since: Date | null }>(
    'select count(*)::integer as count, min(since) as since from ledger.awaiting_erasure',
  );
  return row?.since ? { count: row.count, since: row.since.getTime() } : null;
}

/** Takes those who wait longest out of the queue. */
export async function takeWishes(tx: Tx, limit: number): Promise<ErasureWish[]> {
  return tx.query<ErasureWish>(
    `delete from ledger.awaiting_erasure where subject_id in (
       select subject_id from ledger.awaiting_erasure order by since, subject_id limit $1
     ) returning subject_id as "subjectId", basis`,
    [limit],
  );
}

/**
 * Holds the sequencer until the end of the transaction: no batch that began before writes an opening of these subjects
 * behind our back, and each that begins later sees that they were erased.
 */
export async function holdOpenings(tx: Tx): Promise<void> {
  await tx.execute('lock table ledger.opening in share row exclusive mode');
}

/** Notes for ever that subjects were erased; gives back those that were not before. */
export async function insertErasedSubjects(
  tx: Tx,
  erasureId: string,
  subjectIds: readonly string[],
): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `insert into ledger.erased_subject (subject_id, erasure_id) select subject_id, $2 from unnest($1::uuid[]) as subject_id
     on conflict (subject_id) do nothing returning subject_id as id`,
    [subjectIds, erasureId],
  );
  return rows.map(({ id }) => id);
}

/** Deletes the openings of erased subjects; gives back where they stood. */
export async function deleteOpenings(
  tx: Tx,
  subjectIds: readonly string[],
): Promise<{ index: bigint; subjectId: string }[]> {
  const rows = await tx.query<{ index: string; subjectId: string }>(
    'delete from ledger.opening where subject_id = any($1::uuid[]) returning index, subject_id as "subjectId"',
    [subjectIds],
  );
  return rows.map(({ index, subjectId }) => ({ index: BigInt(index), subjectId }));
}

/** Deletes the keys of everybody who was ever erased: one may have been made while its subject went. */
export async function deleteKeys(tx: Tx): Promise<void> {
  await tx.execute('delete from ledger.subject_key k using ledger.erased_subject e where e.subject_id = k.subject_id');
}

/** What stays of an erasure. */
export async function insertErasure(
  tx: Tx,
  erasure: ErasureList & { readonly id: string; readonly entryId: LedgerEntryId; readonly openUntil: string },
): Promise<void> {
  const { id, entryId, leaves, root, openUntil } = erasure;
  await tx.execute(
    'insert into ledger.erasure (id, entry_id, leaves, root, open_until) values ($1, $2, $3, $4, $5::date)',
    [id, entryId, Buffer.from(leaves), Buffer.from(root), openUntil],
  );
}

/** Erasures whose own opening has served its time and is still there. */
export async function outdatedErasures(tx: Pick<Tx, 'query'>, limit: number): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select e.id from ledger.erasure e
      where e.open_until <= current_date and not exists (select from ledger.erased_subject s where s.subject_id = e.id)
      order by e.open_until, e.id limit $1`,
    [limit],
  );
  return rows.map(({ id }) => id);
}
