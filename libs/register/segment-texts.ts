import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { assert, type PartyId, type SourceRecordId } from '@aceso/kernel';
import { openAes256Gcm, sha256 } from '@aceso/platform';
import {
  checkDigest,
  checkHeader,
  LINE,
  SEGMENT_BYTES_MAX,
  segmentKeyData,
  type NewestLines,
  type StoredSegment,
} from './domain';
import { RegisterError } from './register.errors';

const decompress = promisify(brotliDecompress);
const NEWLINE = 0x0a;

/** Where a resource stands in the register. */
export interface Position {
  readonly sourceRecordId: SourceRecordId;
  readonly sequence: number;
  /** From 1 within the segment. */
  readonly line: number;
}

/** A resource that was not parsed yet. */
export interface ReadText {
  /** JSON in UTF-8, without the newline: a view that is good until the next one is asked for. */
  readonly text: Buffer;
  readonly position: Position;
  /** Present where its provider took it back. */
  readonly retracted?: true;
}

/** A segment as it is stored, with its wrapped key. */
export interface SegmentRow extends StoredSegment {
  readonly key_wrapped: Uint8Array;
}

/** What a segment must show to be opened as part of a source record. */
export interface SegmentPlace {
  readonly ticket: { readonly sourceRecordId: SourceRecordId; readonly providerId: PartyId };
  readonly opening: { readonly key: Uint8Array; readonly keyVersion: number };
  readonly sequence: number;
  readonly previous: Uint8Array | undefined;
}

/** The plaintext of a segment whose digest, tags and place in the chain hold. Throws SEGMENT_BROKEN. */
export async function openSegment(
  row: SegmentRow,
  { ticket, opening, sequence, previous }: SegmentPlace,
): Promise<Uint8Array> {
  checkDigest(row, sequence, sha256);
  const owner = { sourceRecord: ticket.sourceRecordId, keyVersion: opening.keyVersion, sequence };
  let compressed: Uint8Array;
  try {
    const key = openAes256Gcm(opening.key, row.key_wrapped, segmentKeyData(owner));
    compressed = openAes256Gcm(key, row.sealed, row.header);
  } catch (cause) {
    throw new RegisterError('SEGMENT_BROKEN', `segment ${sequence}: it does not open`, { cause });
  }
  checkHeader(row, { ...owner, provider: ticket.providerId, previous }, sha256);
  return decompress(compressed, { maxOutputLength: SEGMENT_BYTES_MAX });
}

interface Selection {
  readonly row: SegmentRow;
  readonly ticket: { readonly sourceRecordId: SourceRecordId };
  readonly newest: NewestLines;
  /** Also what a provider took back, as it was before. */
  readonly retracted: boolean;
}

/** The lines that are asked for; older versions are passed over unread. */
export function* textsOf(plaintext: Uint8Array, { row, ticket, newest, retracted }: Selection): Generator<ReadText> {
  const bytes = Buffer.from(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  let line = 0;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, from);
    assert(end !== -1, 'each line of a segment ends with a newline');
    const isOriginal = newest[line] === LINE.original;
    if (newest[line] === LINE.newest || (retracted && isOriginal)) {
      const position = { sourceRecordId: ticket.sourceRecordId, sequence: row.sequence, line: line + 1 };
      yield { text: bytes.subarray(from, end), position, ...(isOriginal && { retracted: true }) };
    }
    from = end + 1;
  }
}
