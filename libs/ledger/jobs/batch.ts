import type { Runtime, Tx } from '@aceso/platform';
import { sha256 } from '@aceso/platform';
import { utf8 } from '@aceso/kernel';
import type { Block } from '../data/block';
import { TileRuns } from '../data/hashes';
import { blockTime, CompactRange, encodeHeader, ENTRY_BYTES, formatCheckpoint, HASH_BYTES, leafHash } from '../domain';
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
}

/** Before the first block. */
export function emptyTip(): Tip {
  return { height: -1n, tree: new CompactRange(sha256), textHash: new Uint8Array(HASH_BYTES) };
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
  const taken = await takePending(tx, afterSeq);
  if (taken.length === 0 && tip.height >= 0n) return undefined;
  const entries = shuffled(taken, (length) => runtime.randomBytes(length));
  const first = tip.tree.size;
  const height = tip.height + 1n;
  const header = encodeHeader({
    height,
    first,
    count: entries.length,
    time: blockTime(runtime.now()),
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
  await insertEntries(tx, block, { header, entries });
  await insertBlock(tx, block, runs);
  const lastSeq = taken.reduce((last, { seq }) => (BigInt(seq) > last ? BigInt(seq) : last), afterSeq);
  return { tip: { height, tree, textHash: sha256(utf8(text)) }, block, count: entries.length, lastSeq };
}

/** Openings go straight from table to table: their bytes do not pass through this process. */
async function takePending(tx: Tx, afterSeq: bigint): Promise<PendingEntry[]> {
  return tx.query<PendingEntry>(
    `with taken as (
       delete from ledger.pending where seq in (
         select seq from ledger.pending where seq > $1 order by seq limit ${BATCH_ENTRIES_MAX})
       returning seq, id, entry, subject_id, sealed
     ), moved as (
       insert into ledger.opening (entry_id, subject_id, sealed) select id, subject_id, sealed from taken
     )
     select seq, id, entry from taken`,
    [afterSeq],
  );
}

/** Entries of one length travel as one byte string that the server cuts: far fewer parameters than rows. */
async function insertEntries(
  tx: Tx,
  { first }: Block,
  { header, entries }: { readonly header: Uint8Array; readonly entries: readonly PendingEntry[] },
): Promise<void> {
  await tx.execute(
    `insert into ledger.entry (index, id, bytes)
     select $1::bigint, null, $2::bytea
     union all
     select $1::bigint + at, ($3::uuid[])[at], substring($4::bytea from (at - 1) * ${ENTRY_BYTES} + 1 for ${ENTRY_BYTES})
     from generate_series(1, cardinality($3::uuid[])) as at`,
    [first, header, entries.map(({ id }) => id), Buffer.concat(entries.map(({ entry }) => entry))],
  );
}

async function insertBlock(tx: Tx, block: Block, runs: TileRuns): Promise<void> {
  const rows = runs.rows();
  const values = rows.map(
    (_, at) => `($${4 * at + 1}::smallint,$${4 * at + 2}::bigint,$${4 * at + 3}::smallint,$${4 * at + 4}::bytea)`,
  );
  await tx.execute(
    `insert into ledger.tile_run (level, tile, start, hashes) values ${values.join(',')}`,
    rows.flatMap(({ level, tile, start, hashes }) => [level, tile, start, hashes]),
  );
  await tx.execute('insert into ledger.block (height, first, size, root, text) values ($1, $2, $3, $4, $5)', [
    block.height,
    block.first,
    block.size,
    block.root,
    block.text,
  ]);
}
