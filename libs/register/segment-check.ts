import type { FsckCheck, FsckFinding, OpenedEntry } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';

/** Heads, segments and their ledger entries, compared without opening anything: part of `aceso ledger fsck`. */
export const segmentRowsCheck: FsckCheck = {
  name: 'segments and heads',
  async *run({ reader }): AsyncGenerator<FsckFinding> {
    yield* await reader.query<FsckFinding>(
      `select 'register.segment' as table, 'source record ' || s.source_record_id || ', sequence ' || s.sequence as key,
         'does not continue the segment before it, or the ledger has no entry of it' as problem
       from register.segment s
       left join register.segment before
         on before.source_record_id = s.source_record_id and before.sequence = s.sequence - 1
       where before.digest is distinct from s.previous_digest
         or not exists (select from ledger.entry e where e.id = s.ledger_entry_id)
           and not exists (select from ledger.pending p where p.id = s.ledger_entry_id)
       order by s.source_record_id, s.sequence limit 1`,
    );
    yield* await reader.query<FsckFinding>(
      `select 'register.source_record' as table, 'source record ' || r.id as key,
         'its head is not its newest segment' as problem
       from register.source_record r
       left join lateral (
         select sequence, digest from register.segment s where s.source_record_id = r.id order by sequence desc limit 1
       ) newest on true
       where r.head_sequence <> coalesce(newest.sequence, 0) or r.head_digest is distinct from newest.digest
       order by r.id limit 1`,
    );
  },
};

/**
 * Compares what the ledger committed to with the segments and heads that are stored: a tail that was cut off, head and
 * all, shows here (privacy-and-keys 2). For {@link openingsCheck}, which opens the entries.
 */
export async function compareSegments(tx: Tx, opened: readonly OpenedEntry[]): Promise<FsckFinding[]> {
  const logged = opened.map(({ payload }) => JSON.parse(payload) as LoggedSegment);
  const segments = logged.filter(({ code }) => code === 'register.segment');
  if (segments.length === 0) return [];
  return tx.query<FsckFinding>(
    `select 'register.segment' as table, 'source record ' || l.record || ', sequence ' || l.sequence as key,
       'is missing, or is not what the ledger committed to' as problem
     from unnest($1::uuid[], $2::integer[], $3::text[]) as l (record, sequence, digest)
     left join register.segment s on s.source_record_id = l.record and s.sequence = l.sequence
     where s.digest is distinct from decode(l.digest, 'hex') order by l.record, l.sequence limit 1`,
    [
      segments.map(({ sourceRecord }) => sourceRecord),
      segments.map(({ sequence }) => sequence),
      segments.map(({ digest }) => digest),
    ],
  );
}

interface LoggedSegment {
  readonly code: string;
  readonly sourceRecord: string;
  readonly sequence: number;
  readonly digest: string;
}
