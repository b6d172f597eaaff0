import type { Readable } from 'node:stream';

/** What is known of a stored file. */
export interface BlobStat {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

export interface StoredBlob {
  readonly bytes: number;
  /** SHA-256 of the content, computed while it streamed. */
  readonly sha256: Uint8Array;
}

/** Bytes from `start` to `end`, both inclusive as in RFC 9110 section 14.1.2; without `end`, to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/**
 * Files by key. A key is up to eight segments of `[a-z0-9][a-z0-9._-]*` joined by `/`: the same on a folder and on an object store.
 * An abstract class, so that it names itself for injection; adapters extend it.
 */
export abstract class BlobStore {
  /** Stores a stream whole or not at all, replacing what stood under the key; durable when it returns. */
  abstract put(key: string, content: Readable): Promise<StoredBlob>;
  /** A stream of the content; BLOB_NOT_FOUND or BLOB_RANGE_INVALID before the first byte. */
  abstract open(key: string, range?: ByteRange): Promise<Readable>;
  /** Size and time, or null when there is none. */
  abstract stat(key: string): Promise<BlobStat | null>;
  /** Removes the blob; false when there was none. */
  abstract delete(key: string): Promise<boolean>;
  /** Keys that begin with the prefix, in no order; for sweeps. */
  abstract list(prefix: string): AsyncIterable<string>;
  /** Throws when the store cannot be written. */
  abstract check(): Promise<void>;
}
