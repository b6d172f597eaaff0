import type { Json } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** A row of audit.access_event before it is written. */
export interface EventRow {
  readonly id: string;
  readonly act: string;
  readonly actorId: string | null;
  readonly subjectId?: string | null;
  readonly objectType?: string;
  readonly objectId?: string;
  readonly outcome: 'permitted' | 'refused';
  readonly reason?: string;
  readonly purpose?: string;
  readonly basis?: string;
  readonly rule?: number;
  readonly providerId?: string;
  readonly detail?: { readonly [name: string]: Json | undefined };
  readonly ledgerEntryId: string | null;
}

/** Writes events in one statement, in their order. */
export async function insertEvents(tx: Tx, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return;
  const column = <Value>(read: (row: EventRow) => Value | null | undefined): (Value | null)[] =>
    rows.map((row) => read(row) ?? null);
  await tx.execute(
    `insert into audit.access_event
       (id, act, actor_id, subject_id, object_type, object_id, outcome, reason, detail, ledger_entry_id, purpose, basis,
        rule, provider_id)
     select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[],
       $9::jsonb[], $10::uuid[], $11::text[], $12::text[], $13::integer[], $14::uuid[])`,
    [
      column((row) => row.id),
      column((row) => row.act),
      column((row) => row.actorId),
      column((row) => row.subjectId),
      column((row) => row.objectType),
      column((row) => row.objectId),
      column((row) => row.outcome),
      column((row) => row.reason),
      // What concerns somebody stands in the sealed opening only.
      column((row) => (row.subjectId || !row.detail ? null : JSON.stringify(row.detail))),
      column((row) => row.ledgerEntryId),
      column((row) => row.purpose),
      column((row) => row.basis),
      column((row) => row.rule),
      column((row) => row.providerId),
    ],
  );
}
