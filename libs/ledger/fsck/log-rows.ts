import type { Reader } from '../data/reader';
import { HASH_BYTES, TILE_HASHES } from '../domain';
import type { FsckFinding } from './check';

/** Blocks of one read. */
const BLOCKS_A_PAGE = 512;

/** A block with what hangs on it. */
export interface BlockRow {
  readonly height: bigint;
  readonly first: bigint;
  readonly size: bigint;
  readonly root: Uint8Array;
  readonly text: string;
  readonly keyId: string | null;
  readonly signature: Uint8Array | null;
  readonly note: string | null;
}

interface RawBlock {
  readonly height: string;
  readonly first: string;
  readonly size: string;
  readonly root: Uint8Array;
  readonly text: string;
  readonly key_id: string | null;
  readonly signature: Uint8Array | null;
  readonly note: string | null;
}

/** Every block in order of height, some hundred at a time. */
export async function* blockPages(reader: Reader): AsyncGenerator<BlockRow[]> {
  for (let after = -1n; ;) {
    const rows = await reader.query<RawBlock>(
      `select b.height, b.first, b.size, b.root, b.text, s.key_id, s.signature, p.note
       from ledger.block b
       left join ledger.block_signature s on s.height = b.height
       left join ledger.publication p on p.height = b.height
       where b.height > $1 order by b.height limit ${BLOCKS_A_PAGE}`,
      [after],
    );
    if (rows.length > 0) yield rows.map(toBlockRow);
    if (rows.length < BLOCKS_A_PAGE) return;
    after = BigInt((rows.at(-1) as RawBlock).height);
  }
}

function toBlockRow({ height, first, size, key_id, ...rest }: RawBlock): BlockRow {
  return { ...rest, height: BigInt(height), first: BigInt(first), size: BigInt(size), keyId: key_id };
}

/** The leaves `start … end - 1` as they stand in both tables. */
export interface Leaves {
  readonly start: bigint;
  /** Entries by offset; undefined where a row is missing. */
  readonly entries: readonly (Uint8Array | undefined)[];
  /** Leaf hashes of the lowest tiles by offset; undefined where a row is missing. */
  readonly hashes: readonly (Uint8Array | undefined)[];
  /** Which run holds the hash at an offset. */
  runAt(offset: number): string;
  readonly findings: readonly FsckFinding[];
}

/** Reads leaves with two statements, whatever their number. */
export async function loadLeaves(reader: Reader, start: bigint, end: bigint): Promise<Leaves> {
  const { entries, findings } = await loadEntries(reader, start, end);
  const runs = await loadRuns(reader, { level: 0, start, end });
  return {
    start,
    entries,
    hashes: runs.hashes,
    runAt: (offset) => runs.keyAt(offset),
    findings: [...findings, ...runs.findings],
  };
}

interface Bundle {
  readonly bundle: Uint8Array | null;
  readonly count: string;
  readonly misnamed: string | null;
}

/**
 * Entries come as one byte string, since thousands of rows would cost more than all the hashing. Only block headers have
 * no id (their first two bytes are 0x01 0x01).
 */
async function loadEntries(
  reader: Reader,
  start: bigint,
  end: bigint,
): Promise<{ entries: (Uint8Array | undefined)[]; findings: FsckFinding[] }> {
  const [row] = await reader.query<Bundle>(
    `select string_agg(substring(int4send(octet_length(bytes)) from 3) || bytes, '' order by index) as bundle,
       count(*) as count, min(index) filter (where (id is null) <> (substring(bytes for 2) = '\\x0101')) as misnamed
     from ledger.entry where index >= $1 and index < $2`,
    [start, end],
  );
  const { bundle, count, misnamed } = row as Bundle;
  const findings =
    misnamed === null
      ? []
      : [
          {
            table: 'ledger.entry',
            key: `index ${misnamed}`,
            problem: 'a block header has no id, every other entry has',
          },
        ];
  const length = Number(end - start);
  if (Number(count) === length) return { entries: splitBundle(bundle ?? new Uint8Array(), length), findings };
  const rows = await reader.query<{ index: string; bytes: Uint8Array }>(
    'select index, bytes from ledger.entry where index >= $1 and index < $2',
    [start, end],
  );
  const entries = new Array<Uint8Array | undefined>(length).fill(undefined);
  for (const { index, bytes } of rows) entries[Number(BigInt(index) - start)] = bytes;
  return { entries, findings };
}

function splitBundle(bundle: Uint8Array, count: number): Uint8Array[] {
  const entries = new Array<Uint8Array>(count);
  for (let at = 0, offset = 0; at < count; at += 1) {
    const length = ((bundle[offset] as number) << 8) | (bundle[offset + 1] as number);
    entries[at] = bundle.subarray(offset + 2, offset + 2 + length);
    offset += 2 + length;
  }
  return entries;
}

/** Hashes of one tile level, named by their position on it. */
export interface HashRange {
  readonly level: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** Hashes as they are stored, by offset; undefined where none are. */
export interface StoredHashes {
  readonly hashes: (Uint8Array | undefined)[];
  readonly findings: FsckFinding[];
  keyAt(offset: number): string;
}

const TILE = BigInt(TILE_HASHES);
const runKey = (level: number, position: bigint): string =>
  `level ${level}, tile ${position / TILE}, start ${position % TILE}`;

/** The runs that begin in a range, laid side by side; gaps and overlaps are findings. */
export async function loadRuns(reader: Reader, { level, start, end }: HashRange): Promise<StoredHashes> {
  const rows = await reader.query<{ tile: string; start: number; hashes: Uint8Array }>(
    `select tile, start, hashes from ledger.tile_run
     where level = $1 and tile between $2 and $3 and tile * ${TILE_HASHES} + start >= $4 and tile * ${TILE_HASHES} + start < $5
     order by tile, start`,
    [level, start / TILE, (end - 1n) / TILE, start, end],
  );
  const findings: FsckFinding[] = [];
  const found = (position: bigint, problem: string): void => {
    findings.push({ table: 'ledger.tile_run', key: runKey(level, position), problem });
  };
  const length = Number(end - start);
  const hashes = new Array<Uint8Array | undefined>(length).fill(undefined);
  const begins: number[] = [];
  let next = 0;
  for (const row of rows) {
    const position = BigInt(row.tile) * TILE + BigInt(row.start);
    const offset = Number(position - start);
    if (offset > next) found(start + BigInt(next), 'is missing or too short');
    if (offset < next) found(position, 'overlaps the run before it');
    const count = row.hashes.length / HASH_BYTES;
    if (offset + count > length) found(position, 'is longer than its block or its tree');
    begins.push(offset);
    for (let at = 0; at < count && offset + at < length; at += 1) {
      hashes[offset + at] = row.hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    }
    next = Math.max(next, offset + count);
  }
  if (next < length) found(start + BigInt(next), 'is missing or too short');
  const keyAt = (offset: number): string =>
    runKey(level, start + BigInt(begins.findLast((begin) => begin <= offset) ?? offset));
  return { hashes, findings, keyAt };
}

/** Findings of one upper tile, or the beginning of one, against what its hashes must be. */
export async function compareTile(
  reader: Reader,
  range: HashRange,
  expected: readonly Uint8Array[],
): Promise<FsckFinding[]> {
  const stored = await loadRuns(reader, range);
  const wrong = expected.findIndex((hash, at) => {
    const found = stored.hashes[at];
    return found !== undefined && Buffer.compare(found, hash) !== 0;
  });
  if (wrong === -1) return stored.findings;
  const key = stored.keyAt(wrong);
  return [...stored.findings, { table: 'ledger.tile_run', key, problem: 'holds another hash than its subtree has' }];
}

/** What stands behind the end of the tree: rows that no block accounts for. */
export async function rowsBehind(reader: Reader, size: bigint): Promise<FsckFinding[]> {
  const [entry] = await reader.query<{ index: string }>(
    'select index from ledger.entry where index >= $1 order by index limit 1',
    [size],
  );
  const levels = Array.from({ length: 8 }, (_, level) => size >> BigInt(8 * level));
  const [run] = await reader.query<{ level: number; tile: string; start: number }>(
    `select r.level, r.tile, r.start from ledger.tile_run r
     join unnest($1::bigint[]) with ordinality as held (hashes, nth) on held.nth = r.level + 1
     where r.tile >= held.hashes / ${TILE_HASHES} and r.tile * ${TILE_HASHES} + r.start >= held.hashes
     order by r.level, r.tile, r.start limit 1`,
    [levels.map(String)],
  );
  const problem = 'stands behind the newest block';
  return [
    ...(entry ? [{ table: 'ledger.entry', key: `index ${entry.index}`, problem }] : []),
    ...(run
      ? [{ table: 'ledger.tile_run', key: runKey(run.level, BigInt(run.tile) * TILE + BigInt(run.start)), problem }]
      : []),
  ];
}

/** Bytes that are the same, natively. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
