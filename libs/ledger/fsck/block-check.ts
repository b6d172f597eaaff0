import { bytesEqual, utf8 } from '@aceso/kernel';
import { sha256, verifyEd25519 } from '@aceso/platform';
import {
  decodeEntry,
  formatCheckpoint,
  HASH_BYTES,
  LedgerError,
  parseCheckpoint,
  parseNote,
  verifyNote,
  type Checkpoint,
  type VerifierKey,
} from '../domain';
import type { FsckFinding } from './check';
import type { BlockRow } from './log-rows';

const SECONDS_A_MINUTE = 60n;

/** A block row after its own columns were compared with each other. */
export interface JudgedBlock {
  /** Where the block ends: what the signed text says, or the column if that text is not signed. */
  readonly size: bigint;
  /** What the root may be: column and text, which differ only in a row that was touched. */
  readonly roots: readonly Uint8Array[];
  readonly findings: readonly FsckFinding[];
}

/** Compares text, columns, signature and publication of one block. */
export function judgeBlock(row: BlockRow, { origin, key }: { origin: string; key: VerifierKey }): JudgedBlock {
  const at = `height ${row.height}`;
  const text = readText(row.text);
  const fits = row.text === formatCheckpoint({ origin, size: row.size, root: row.root, extensions: [] });
  const isSigned =
    row.signature !== null && row.keyId === key.keyId && verifyEd25519(key.publicKey, utf8(row.text), row.signature);
  const findings: FsckFinding[] = [];
  if (!fits) {
    const problem = isSigned
      ? 'size or root is not that of its signed text'
      : 'text is not that of origin, size and root';
    findings.push({ table: 'ledger.block', key: at, problem });
  }
  if (row.signature !== null && !isSigned && fits) {
    findings.push({ table: 'ledger.block_signature', key: at, problem: 'does not verify with the key of the log' });
  }
  if (row.note !== null)
    findings.push(...judgeNote(row.note, row.text, key).map((problem) => publication(at, problem)));
  return {
    size: isSigned && text ? text.size : row.size,
    roots: text ? [row.root, text.root] : [row.root],
    findings,
  };
}

function publication(key: string, problem: string): FsckFinding {
  return { table: 'ledger.publication', key, problem };
}

function readText(text: string): Checkpoint | undefined {
  try {
    return parseCheckpoint(text);
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}

function judgeNote(note: string, text: string, key: VerifierKey): string[] {
  try {
    const parsed = parseNote(utf8(note));
    if (parsed.text !== text) return ['publishes another text than that of its block'];
    verifyNote(parsed, [key], { verifyEd25519 });
    return [];
  } catch (error) {
    if (error instanceof LedgerError) return [`does not verify: ${error.message}`];
    throw error;
  }
}

/** What the header of a block must agree with. */
export interface HeaderExpectation {
  readonly height: bigint;
  readonly first: bigint;
  readonly size: bigint;
  /** Text of the block before; null before the first, undefined where it is not known any more. */
  readonly previousText: string | null | undefined;
  readonly previousTime: bigint;
}

/** Reads the first leaf of a block: its time where it is a sound header, and what is wrong with it otherwise. */
export function judgeHeader(
  bytes: Uint8Array,
  expected: HeaderExpectation,
): { readonly time?: bigint; readonly problem?: string } {
  const header = decode(bytes);
  if (header?.form !== 'header') return { problem: 'the first entry of a block is no block header' };
  const { height, first, count, time, previous } = header;
  if (height !== expected.height || first !== expected.first || BigInt(count) !== expected.size - first - 1n) {
    return { problem: 'the block header has another height, place or number of entries' };
  }
  if (time % SECONDS_A_MINUTE !== 0n) return { problem: 'the time of the block header is no full minute' };
  if (time < expected.previousTime) return { problem: 'the block header is older than the one before' };
  const { previousText } = expected;
  if (previousText === undefined) return { time };
  const chained = previousText === null ? new Uint8Array(HASH_BYTES) : sha256(utf8(previousText));
  return bytesEqual(previous, chained) ? { time } : { problem: 'the block header does not chain to the block before' };
}

function decode(bytes: Uint8Array): ReturnType<typeof decodeEntry> | undefined {
  try {
    return decodeEntry(bytes);
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw error;
  }
}
