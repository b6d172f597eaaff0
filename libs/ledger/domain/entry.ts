import { assert, concat, u64 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { HASH_BYTES } from './merkle';

/** First byte of every entry (transparency-log.md 12.1). */
const ENTRY_VERSION = 0x01;
const BLOCK_HEADER = 0x01;

export const NONCE_BYTES = 16;
export const HEADER_BYTES = 60;
export const ENTRY_BYTES = 82;

/**
 * Who or what an entry is about, and no more: a grant, a revocation, a refusal and a read all are `person`. The real
 * code stands inside the commitment.
 */
export type EntryKind = 'person' | 'order' | 'register' | 'administration' | 'erasure';

const KIND_BYTE: Record<EntryKind, number> = {
  person: 0x02,
  order: 0x03,
  register: 0x04,
  administration: 0x05,
  erasure: 0x06,
};
const KIND_OF_BYTE = new Map(Object.entries(KIND_BYTE).map(([kind, byte]) => [byte, kind as EntryKind]));

/** What stands in the log for an act: a commitment that says nothing without its opening. */
export interface CommittedEntry {
  readonly kind: EntryKind;
  readonly nonce: Uint8Array;
  readonly commitment: Uint8Array;
  readonly subjectTag: Uint8Array;
}

/** First leaf of every block. */
export interface BlockHeader {
  /** Counts from 0. */
  readonly height: bigint;
  /** Index of this leaf itself. */
  readonly first: bigint;
  /** Entries that follow it in the block. */
  readonly count: number;
  /** Unix seconds, rounded down to the minute. */
  readonly time: bigint;
  /** SHA-256 of the checkpoint text of the block before (without signatures); 32 zero bytes at height 0. */
  readonly previous: Uint8Array;
}

/** A leaf as a verifier finds it. Unknown versions and kinds are proven all the same, and said to be unknown. */
export type LedgerEntry =
  | ({ readonly form: 'header' } & BlockHeader)
  | ({ readonly form: 'committed' } & CommittedEntry)
  | { readonly form: 'unknown' };

const MILLISECONDS_A_MINUTE = 60_000;

/** Block time of an instant (milliseconds): the minute, so that the public log does not clock single acts. */
export function blockTime(milliseconds: number): bigint {
  return BigInt(Math.floor(milliseconds / MILLISECONDS_A_MINUTE)) * 60n;
}

/** 12.1: 0x01 kind || nonce 16 || commitment 32 || subject_tag 32. */
export function encodeEntry({ kind, nonce, commitment, subjectTag }: CommittedEntry): Uint8Array {
  assert(nonce.length === NONCE_BYTES, 'a nonce has 16 bytes');
  assert(commitment.length === HASH_BYTES, 'a commitment has 32 bytes');
  assert(subjectTag.length === HASH_BYTES, 'a subject tag has 32 bytes');
  return concat(Uint8Array.of(ENTRY_VERSION, KIND_BYTE[kind]), nonce, commitment, subjectTag);
}

/** 12.1: 0x01 0x01 || height u64 || first u64 || count u16 || time u64 || prev 32. */
export function encodeHeader({ height, first, count, time, previous }: BlockHeader): Uint8Array {
  assert(count >= 0 && count <= 0xffff, 'the count fits in two bytes');
  assert(previous.length === HASH_BYTES, 'the previous hash has 32 bytes');
  return concat(
    Uint8Array.of(ENTRY_VERSION, BLOCK_HEADER),
    u64(height),
    u64(first),
    Uint8Array.of(count >> 8, count & 0xff),
    u64(time),
    previous,
  );
}

/** True for an entry of a known kind that is no block header, without reading it: for whoever checks very many. */
export function isCommitted(bytes: Uint8Array): boolean {
  const [version, kindByte] = bytes;
  return bytes.length === ENTRY_BYTES && version === ENTRY_VERSION && KIND_OF_BYTE.has(kindByte as number);
}

/** Reads a leaf. Throws ENTRY_MALFORMED when a known kind has the wrong length. */
export function decodeEntry(bytes: Uint8Array): LedgerEntry {
  const [version, kindByte] = bytes;
  if (version !== ENTRY_VERSION || kindByte === undefined) return { form: 'unknown' };
  if (kindByte === BLOCK_HEADER) return { form: 'header', ...decodeHeader(bytes) };
  const kind = KIND_OF_BYTE.get(kindByte);
  if (kind === undefined) return { form: 'unknown' };
  requireLength(bytes, ENTRY_BYTES);
  return {
    form: 'committed',
    kind,
    nonce: bytes.slice(2, 18),
    commitment: bytes.slice(18, 50),
    subjectTag: bytes.slice(50),
  };
}

function decodeHeader(bytes: Uint8Array): BlockHeader {
  requireLength(bytes, HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  return {
    height: view.getBigUint64(2),
    first: view.getBigUint64(10),
    count: view.getUint16(18),
    time: view.getBigUint64(20),
    previous: bytes.slice(28),
  };
}

function requireLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new LedgerError('ENTRY_MALFORMED', `an entry of this kind has ${length} bytes`);
}
