import type { Runtime, Tx } from '@aceso/platform';
import { sha256 } from '@aceso/platform';
import { utf8 } from '@aceso/kernel';
import type { Block } from '../data/block';
import { TileRuns, type TileRun } from '../data/hashes';
import {
  blockTime,
  CompactRange,
  encodeHeader,
  ENTRY_BYTES,
  formatCheckpoint,
  HASH_BYTES,
  leafHash,
  LedgerError,
} from '../domain';
import { shuffled } from './shuffle';

/** Most entries of a block, beside its header (transparency-log.md section 1). */
export const BATCH_ENTRIES_MAX = 256;

/** The tree behind the newest block, as the sequencer carries it from batch to batch. */
export interface Tip {
  /** Height of the newest block, -1 before the first. */
  readonly height: bigint;
  readonly tree: CompactRange;
  /** SHA-256 of its checkpoint text; 32 zero bytes before the first. */
  readonly textHash: Uint8Array;
  /** Time in its header: the next one is no earlier, even where the clock was set back. */
  readonly time: bigint;
}

/** Before the first block. */
export function emptyTip(): Tip {
  return { height: -1n, tree: new CompactRange(sha256), textHash: new Uint8Array(HASH_BYTES), time: 0n };
}

interface PendingEntry {
  readonly seq: string;
  readonly id: string;
  readonly entry: Uint8Array;
}

/** A batch that was written, not yet committed. */
export interface WrittenBatch {
  readonly tip: Tip;
  readonly block: Block;
  /** Entries beside the header. */
  readonly count: number;
  /** Highest number that was taken from the pending table. */
  readonly lastSeq: bigint;
}

/**
 * Takes up to 256 committed entries from the pending table and writes them, shuffled behind a block header, with tile
 * hashes, block and checkpoint text: all in the given transaction, nothing signed. Without entries a block is written
 * only if it is the first. Returns undefined when there is nothing to do.
 */
export async function writeBatch(
  tx: Tx,
  tip: Tip,
  options: { readonly origin: string; readonly runtime: Runtime; readonly afterSeq: bigint },
): Promise<WrittenBatch | undefined> {
  const { origin, runtime, afterSeq } = options;
  const taken = await readPending(tx, afterSeq);
  if (taken.length === 0 && tip.height >= 0n) return undefined;
  const entries = shuffled(taken, (length) => runtime.randomBytes(length));
  const first = tip.tree.size;
  const height = tip.height + 1n;
  const now = blockTime(runtime.now());
  const time = now > tip.time ? now : tip.time;
  const header = encodeHeader({
    height,
    first,
    count: entries.length,
    time,
    previous: tip.textHash,
  });
  const tree = tip.tree.clone();
  const runs = new TileRuns();
  for (const bytes of [header, ...entries.map(({ entry }) => entry)]) {
    tree.append(leafHash(bytes, sha256), (node, hash) => runs.add(node, hash));
  }
  const root = tree.root();
  const text = formatCheckpoint({ origin, size: tree.size, root, extensions: [] });
  const block: Block = { height, first, size: tree.size, root, text };
  await insertBatch(tx, block, { header, entries, runs: runs.rows() });
  const lastSeq = taken.reduce((last, { seq }) => (BigInt(seq) > last ? BigInt(seq) : last), afterSeq);
  return { tip: { height, tree, textHash: sha256(utf8(text)), time }, block, count: entries.length, lastSeq };
}

/** Rows stay where they are until the batch is written: only the sequencer removes them. */
async function readPending(tx: Tx, afterSeq: bigint): Promise<PendingEntry[]> {
  return tx.query<PendingEntry>(
    `select seq, id, entry from ledger.pending where seq > $1 order by seq limit ${BATCH_ENTRIES_MAX}`,
    [afterSeq],
  );
}

interface Batch {
  readonly header: Uint8Array;
  readonly entries: readonly PendingEntry[];
  readonly runs: readonly TileRun[];
}

/**
 * One statement writes all of it. Openings go straight from table to table; of those of erased subjects only the place is kept. Entries,
 * which have one length, travel as one byte string that the server cuts, and so do the hashes: far fewer parameters
 * than rows.
 */
async function insertBatch(tx: Tx, block: Block, { header, entries, runs }: Batch): Promise<void> {
  const [row] = await tx.query<{ taken: string }>(
    `with placed as (
       select * from unnest($1::bigint[], $2::uuid[]) with ordinality as placed (seq, id, at)
     ), taken as (
       delete from ledger.pending where seq = any($1::bigint[]) returning seq, subject_id, sealed
     ), opened as (
       select $3::bigint + placed.at as index, taken.subject_id, taken.sealed,
         exists (select from ledger.erased_subject e where e.subject_id = taken.subject_id) as withheld
       from taken join placed using (seq)
     ), moved as (
       insert into ledger.opening (index, subject_id, sealed)
       select index, subject_id, sealed from opened where not withheld
     ), left_out as (
       insert into ledger.withheld_opening (index) select index from opened where withheld
     ), logged as (
       insert into ledger.entry (index, id, bytes)
       select $3::bigint, null::uuid, $4::bytea
       union all
       select $3::bigint + at, id, substring($5::bytea from (at::integer - 1) * ${ENTRY_BYTES} + 1 for ${ENTRY_BYTES})
       from placed
     ), grown as (
       insert into ledger.tile_run (level, tile, start, hashes)
       select level, tile, start, substring($9::bytea from begin + 1 for length)
       from unnest($6::smallint[], $7::bigint[], $8::smallint[], $10::integer[], $11::integer[])
         as run (level, tile, start, begin, length)
     ), closed as (
       insert into ledger.block (height, first, size, root, text) values ($12, $3, $13, $14, $15)
     )
     select count(*) as taken from taken`,
    [
      entries.map(({ seq }) => seq),
      entries.map(({ id }) => id),
      block.first,
      header,
      Buffer.concat(entries.map(({ entry }) => entry)),
      runs.map(({ level }) => level),
      runs.map(({ tile }) => tile),
      runs.map(({ start }) => start),
      Buffer.concat(runs.map(({ hashes }) => hashes)),
      runs.map((_, at) => runs.slice(0, at).reduce((sum, { hashes }) => sum + hashes.length, 0)),
      runs.map(({ hashes }) => hashes.length),
      block.height,
      block.size,
      block.root,
      block.text,
    ],
  );
  // Somebody else who believes to lead took some of them: nothing of this batch may stay.
  if (Number(row?.taken) !== entries.length) {
    throw new LedgerError('LEDGER_TWO_SEQUENCERS', 'pending entries were taken by another sequencer');
  }
}
