import { ENTRY_BYTES } from '../domain';
import type { Reader } from '../data/reader';
import type { FsckCheck, FsckContext, FsckFinding } from './check';

/** The rows that one statement finds wrong, at most the first: `key` is a text column of it. */
export async function* firstOf(
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

/**
 * Openings of what is no committed entry, and committed entries without one that neither an erasure nor a withheld opening
 * accounts for. Whether openings fit needs their keys and is a check of its own.
 */
export const openingRowsCheck: FsckCheck = {
  name: 'rows of openings',
  async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
    const found = (key: string, problem: string): FsckFinding => ({ table: 'ledger.opening', key, problem });
    const [row] = await reader.query<OpeningCounts>(OPENING_COUNTS);
    const { stray, missing, candidate, withheld, erased } = row as OpeningCounts;
    if (stray !== null) yield found(`index ${stray}`, 'opens an entry that is not there or is a block header');
    const unexplained = BigInt(missing) - BigInt(withheld) - BigInt(erased);
    if (unexplained > 0n) {
      // Which of them an erasure took only its seed could tell.
      const key = erased === '0' ? `index ${candidate}` : `index ${candidate} or a later one`;
      yield found(key, 'is missing, and no erasure accounts for it');
    }
    if (unexplained < 0n) yield found(`${-unexplained} rows`, 'are there, although erasures account for them');
    yield* firstOf(
      reader,
      { table: 'ledger.withheld_opening', problem: 'names an entry that is not there, or has an opening' },
      `select 'index ' || w.index as key from ledger.withheld_opening w
       where exists (select from ledger.opening o where o.index = w.index)
         or not exists (select from ledger.entry e where e.index = w.index and e.id is not null)
       order by w.index limit 1`,
    );
  },
};

/** Numbers in decimal; `candidate` is the first committed entry without opening that was not logged so. */
interface OpeningCounts {
  readonly stray: string | null;
  readonly missing: string;
  readonly candidate: string | null;
  readonly withheld: string;
  readonly erased: string;
}

/** One pass over both tables. An erasure's own opening goes at its date, and its subject is the erasure then. */
const OPENING_COUNTS = `
with unpaired as (
  select index, e.here is null as is_stray
  from (select index, true as here from ledger.entry where id is not null) e
  full join (select index, true as here from ledger.opening) o using (index)
  where e.here is null or o.here is null
)
select
  (select min(index) from unpaired where is_stray) as stray,
  (select count(*) from unpaired where not is_stray) as missing,
  (select min(index) from unpaired u where not is_stray
    and not exists (select from ledger.withheld_opening w where w.index = u.index)) as candidate,
  (select count(*) from ledger.withheld_opening) as withheld,
  (select coalesce(sum(octet_length(leaves) / 32), 0) from ledger.erasure)
    + (select count(*) from ledger.erased_subject where subject_id = erasure_id) as erased`;

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
