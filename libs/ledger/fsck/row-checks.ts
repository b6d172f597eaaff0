import { ENTRY_BYTES } from '../domain';
import type { Reader } from '../data/reader';
import type { FsckCheck, FsckContext, FsckFinding } from './check';

/** The rows that one statement finds wrong, at most the first: `key` is a text column of it. */
async function* firstOf(
  reader: Reader,
  { table, problem }: Pick<FsckFinding, 'table' | 'problem'>,
  sql: string,
): AsyncGenerator<FsckFinding> {
  for (const { key } of await reader.query<{ key: string }>(sql)) yield { table, key, problem };
}

/** Signatures and publications of blocks that are not there. */
export const strayRowsCheck: FsckCheck = {
  name: 'stray signatures and publications',
  async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
    yield* firstOf(
      reader,
      { table: 'ledger.block_signature', problem: 'signs a block that is not there' },
      `select 'height ' || s.height as key from ledger.block_signature s
       where not exists (select from ledger.block b where b.height = s.height) order by s.height limit 1`,
    );
    yield* firstOf(
      reader,
      { table: 'ledger.publication', problem: 'publishes a block that is not there or not signed' },
      `select 'height ' || p.height as key from ledger.publication p
       where not exists (select from ledger.block_signature s where s.height = p.height) order by p.height limit 1`,
    );
  },
};

/** Erasures that the log does not tell of, and what came back after one. */
export const erasureCheck: FsckCheck = {
  name: 'erasures',
  async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
    yield* firstOf(
      reader,
      { table: 'ledger.erasure', problem: 'has no erasure entry in the log' },
      `select 'id ' || x.id as key from ledger.erasure x
       where not exists (select from ledger.entry e where e.id = x.entry_id and substring(e.bytes for 2) = '\\x0106')
         and not exists (select from ledger.pending p where p.id = x.entry_id and substring(p.entry for 2) = '\\x0106')
       order by x.erased_at, x.id limit 1`,
    );
    yield* firstOf(
      reader,
      { table: 'ledger.subject_key', problem: 'is there again, although its subject was erased' },
      `select 'subject ' || k.subject_id as key from ledger.subject_key k
       join ledger.erased_subject x on x.subject_id = k.subject_id order by k.subject_id limit 1`,
    );
    yield* firstOf(
      reader,
      { table: 'ledger.opening', problem: 'is there again, although its subject was erased' },
      // From the few who were erased to their openings: a join with a limit would walk over every opening of the log.
      `select 'index ' || o.index as key from ledger.erased_subject x
       cross join lateral (
         select index from ledger.opening where subject_id = x.subject_id order by index limit 1
       ) o order by o.index limit 1`,
    );
  },
};

/** Openings of what is no committed entry. Whether they fit needs their keys and is a check of its own. */
export const openingRowsCheck: FsckCheck = {
  name: 'rows of openings',
  async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
    yield* firstOf(
      reader,
      { table: 'ledger.opening', problem: 'opens an entry that is not there or is a block header' },
      `select 'index ' || o.index as key from ledger.opening o
       where not exists (select from ledger.entry e where e.index = o.index and e.id is not null)
       order by o.index limit 1`,
    );
  },
};

/** Entries that wait for their block: well formed, and not in the log yet. */
export const pendingCheck: FsckCheck = {
  name: 'pending entries',
  async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
    yield* firstOf(
      reader,
      { table: 'ledger.pending', problem: 'is no entry that can be logged, or was logged already' },
      `select 'seq ' || p.seq as key from ledger.pending p
       where octet_length(p.entry) <> ${ENTRY_BYTES} or get_byte(p.entry, 0) <> 1
         or get_byte(p.entry, 1) not between 2 and 6
         or exists (select from ledger.entry e where e.id = p.id)
       order by p.seq limit 1`,
    );
  },
};
