import { assert, bytesEqual, canonicalJson, fromUtf8, hex, utf8, type Sha256 } from '@aceso/kernel';

import { RegisterError } from '../register.errors';

/** Largest plaintext of one segment, bytes (privacy-and-keys 2). */
export const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
export const SEGMENT_FORMAT = 'aceso/segment/v1';
const SEGMENT_KEY_FORMAT = 'aceso/segment-key/v1';
const SOURCE_RECORD_KEY_FORMAT = 'aceso/source-record-key/v1';
/** How the plaintext was compressed: Brotli (RFC 7932) of lines that each end with U+000A. */
export const SEGMENT_CODEC = 'brotli';

/** What stands in clear beside a sealed segment and is bound to it as additional data of the cipher. */
export interface SegmentHeader {
  readonly format: typeof SEGMENT_FORMAT;
  readonly sourceRecord: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly provider: string;
  /** Hex digest of the segment before, null for the first. */
  readonly previous: string | null;
  /** Version of the source record's key that wraps the segment's key. */
  readonly keyVersion: number;
  readonly codec: typeof SEGMENT_CODEC;
  /** Number of resources, one a line. */
  readonly lines: number;
  /** Hex SHA-256 of the version list, so that the chain covers it. */
  readonly versions: string;
}

/** The header's bytes: canonical JSON (RFC 8785). They are the additional data of AES-256-GCM. */
export function headerBytes(header: SegmentHeader): Uint8Array {
  return utf8(canonicalJson(header));
}

/**
 * Digest of a segment, and link of the chain: SHA-256 over length of the header (32 bits, big-endian) ‖ header ‖ sealed.
 * Over the ciphertext, since a digest of plaintext would confirm a record after its erasure.
 */
export function segmentDigest(header: Uint8Array, sealed: Uint8Array, sha256: Sha256): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, header.length);
  return sha256(length, header, sealed);
}

/** Additional data under which a segment's key is wrapped by its source record's key. */
export function segmentKeyData(header: Pick<SegmentHeader, 'sourceRecord' | 'keyVersion' | 'sequence'>): Uint8Array {
  const { sourceRecord, keyVersion, sequence } = header;
  return utf8(canonicalJson({ format: SEGMENT_KEY_FORMAT, owner: sourceRecord, keyVersion, sequence }));
}

/** Additional data under which a source record's key is wrapped by the master key of an epoch. */
export function sourceRecordKeyData(sourceRecord: string, keyVersion: number): Uint8Array {
  return utf8(canonicalJson({ format: SOURCE_RECORD_KEY_FORMAT, owner: sourceRecord, keyVersion }));
}

/** A segment as it is stored. */
export interface StoredSegment {
  readonly sequence: number;
  readonly digest: Uint8Array;
  readonly header: Uint8Array;
  readonly sealed: Uint8Array;
  readonly versions: Uint8Array;
}

/** Where a segment must stand: whose it is, its number and the digest of the one before. */
export interface ChainPlace {
  readonly sourceRecord: string;
  readonly provider: string;
  readonly sequence: number;
  readonly previous: Uint8Array | undefined;
}

const broken = (sequence: number, what: string): RegisterError =>
  new RegisterError('SEGMENT_BROKEN', `segment ${sequence}: ${what}`);

/** First check, on bytes alone: the number is the expected one (else SEGMENT_MISSING) and the digest matches (else SEGMENT_BROKEN). */
export function checkDigest(stored: StoredSegment, sequence: number, sha256: Sha256): void {
  if (stored.sequence !== sequence) throw new RegisterError('SEGMENT_MISSING', `segment ${sequence} is missing`);
  if (!bytesEqual(segmentDigest(stored.header, stored.sealed, sha256), stored.digest)) {
    throw broken(sequence, 'the digest differs');
  }
}

/**
 * Second check, once the cipher's tag has vouched for the header: the segment belongs to this place of the chain and its
 * version list is the one that was written. Gives the header; SEGMENT_BROKEN otherwise.
 */
export function checkHeader(stored: StoredSegment, place: ChainPlace, sha256: Sha256): SegmentHeader {
  const { sourceRecord, provider, sequence, previous } = place;
  const header = parseHeader(stored.header);
  if (header === undefined) throw broken(sequence, 'the header cannot be read');
  if (header.sourceRecord !== sourceRecord || header.provider !== provider || header.sequence !== sequence) {
    throw broken(sequence, 'it belongs to another place');
  }
  if (header.previous !== (previous === undefined ? null : hex.encode(previous))) {
    throw broken(sequence, 'the chain is cut');
  }
  if (header.versions !== hex.encode(sha256(stored.versions))) throw broken(sequence, 'the version list differs');
  return header;
}

function parseHeader(bytes: Uint8Array): SegmentHeader | undefined {
  const header = JSON.parse(fromUtf8(bytes)) as SegmentHeader; // its bytes were authenticated
  return header.format === SEGMENT_FORMAT && header.codec === SEGMENT_CODEC ? header : undefined;
}

/** Bytes of one entry of the version list: hash of (type, id) ‖ digest of the content, each a keyed HMAC cut to 16. */
export const VERSION_BYTES = 32;

/** One entry of a version list, as hex texts of 32 digits that can be compared and used as keys. */
export interface Version {
  readonly name: string;
  readonly content: string;
}

/** The entries of a version list, in the order of the segment's lines. */
export function readVersions(list: Uint8Array): Version[] {
  assert(list.length % VERSION_BYTES === 0, 'a version list has whole entries');
  const digits = hex.encode(list);
  const versions: Version[] = [];
  for (let at = 0; at < digits.length; at += 2 * VERSION_BYTES) {
    versions.push({
      name: digits.slice(at, at + VERSION_BYTES),
      content: digits.slice(at + VERSION_BYTES, at + 2 * VERSION_BYTES),
    });
  }
  return versions;
}

/** The version list of versions. */
export function writeVersions(versions: readonly Version[]): Uint8Array {
  return hex.decode(versions.map(({ name, content }) => name + content).join(''));
}
