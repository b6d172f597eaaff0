import { Readable } from 'node:stream';

import { concat, utf8 } from '@aceso/kernel';
import { hmacSha256, openAes256Gcm, SEAL_OVERHEAD_BYTES, sealAes256Gcm } from '@aceso/platform';

import { RegisterError } from './register.errors';

/** Plaintext of one sealed chunk, bytes. */
const CHUNK_BYTES = 1024 * 1024;
const LENGTH_BYTES = 4;
const SEALED_BYTES_MAX = CHUNK_BYTES + SEAL_OVERHEAD_BYTES;

/** A key for one upload, derived from its provider's: chunks of one upload never open as those of another. */
export function uploadKey(providerKey: Uint8Array, uploadId: string): Uint8Array {
  return hmacSha256(providerKey, utf8(`aceso/upload/v1 ${uploadId}`));
}

/**
 * Seals a stream for staging: chunks of at most 1 MiB, each length (32 bits) ‖ nonce ‖ ciphertext ‖ tag, bound to their
 * number and to being the last or not, so that cutting, swapping and repeating chunks shows. Throws UPLOAD_TOO_LARGE
 * and, where the size is known, UPLOAD_SIZE_DIFFERS.
 */
export async function* sealStream(
  key: Uint8Array,
  content: AsyncIterable<Uint8Array>,
  size: { readonly bytesMax: number; readonly exactly?: number | undefined },
): AsyncGenerator<Uint8Array> {
  const most = size.exactly ?? size.bytesMax;
  let index = 0;
  let total = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const part of content) {
    total += part.length;
    if (total > most) throw new RegisterError('UPLOAD_TOO_LARGE', `more than the ${most} bytes that were permitted`);
    held.push(part);
    heldBytes += part.length;
    while (heldBytes > CHUNK_BYTES) {
      const all = concat(...held);
      yield sealChunk(key, all.subarray(0, CHUNK_BYTES), { index: index++, last: false });
      held = [all.subarray(CHUNK_BYTES)];
      heldBytes -= CHUNK_BYTES;
    }
  }
  if (size.exactly !== undefined && total !== size.exactly) {
    throw new RegisterError('UPLOAD_SIZE_DIFFERS', `${total} bytes came, ${size.exactly} were declared`);
  }
  yield sealChunk(key, concat(...held), { index, last: true });
}

/** Opens what {@link sealStream} wrote; UPLOAD_DAMAGED where a chunk is missing, moved or altered. */
export async function* openStream(key: Uint8Array, sealed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let index = 0;
  let last = false;
  for await (const chunk of sealedChunks(sealed)) {
    if (last) throw damaged();
    last = chunk.last;
    yield openChunk(key, chunk.bytes, { index: index++, last });
  }
  if (!last) throw damaged();
}

interface ChunkPlace {
  readonly index: number;
  readonly last: boolean;
}

const LAST_BIT = 0x8000_0000;

function sealChunk(key: Uint8Array, plaintext: Uint8Array, place: ChunkPlace): Uint8Array {
  const sealed = sealAes256Gcm(key, plaintext, chunkData(place));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, (sealed.length | (place.last ? LAST_BIT : 0)) >>> 0);
  return concat(length, sealed);
}

function openChunk(key: Uint8Array, sealed: Uint8Array, place: ChunkPlace): Uint8Array {
  try {
    return openAes256Gcm(key, sealed, chunkData(place));
  } catch (cause) {
    throw damaged({ cause });
  }
}

function chunkData({ index, last }: ChunkPlace): Uint8Array {
  return utf8(`aceso/upload-chunk/v1 ${index} ${last ? 'last' : 'more'}`);
}

const damaged = (options?: ErrorOptions) =>
  new RegisterError('UPLOAD_DAMAGED', 'the staged upload is not the one that was received', options);

async function* sealedChunks(stream: AsyncIterable<Uint8Array>): AsyncGenerator<{ bytes: Uint8Array; last: boolean }> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let needed = LENGTH_BYTES;
  for await (const part of stream) {
    parts.push(part);
    held += part.length;
    while (held >= needed) {
      const bytes: Uint8Array = parts.length === 1 ? (parts[0] as Uint8Array) : concat(...parts);
      const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      const end = LENGTH_BYTES + (word & ~LAST_BIT);
      if (end > LENGTH_BYTES + SEALED_BYTES_MAX) throw damaged();
      const whole = held >= end;
      if (whole) yield { bytes: bytes.subarray(LENGTH_BYTES, end), last: (word & LAST_BIT) !== 0 };
      parts = [whole ? bytes.subarray(end) : bytes];
      held -= whole ? end : 0;
      needed = whole ? LENGTH_BYTES : end;
    }
  }
  if (held > 0) throw damaged();
}

/** A stream of an async iterable of bytes, for the blob store. */
export function toReadable(chunks: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(chunks, { objectMode: false });
}
