import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import { PlatformError } from '../platform.errors';
import { BlobStore, type BlobStat, type ByteRange, type StoredBlob } from './blob-store';

const SEGMENT = /^[a-z0-9][a-z0-9._-]{0,127}$/;
const SEGMENTS_MAX = 8;
/** Unfinished files live apart, so that no listing or reader ever meets one. */
const UNFINISHED = 'unfinished';
const STORED = 'stored';

/** Blobs in a folder: written under a temporary name, flushed, then renamed. */
@Injectable()
export class FolderBlobStore extends BlobStore {
  constructor(private readonly folder: string) {
    super();
  }

  async put(key: string, content: Readable): Promise<StoredBlob> {
    const target = this.#file(key);
    const unfinished = join(this.folder, UNFINISHED, randomUUID());
    await mkdir(dirname(unfinished), { recursive: true, mode: 0o700 });
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    try {
      const stored = await writeDurably(unfinished, content);
      await rename(unfinished, target);
      await flushFolder(dirname(target));
      return stored;
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    const found = await this.stat(key);
    if (!found) throw new PlatformError('BLOB_NOT_FOUND', 'there is no blob under this key');
    if (!range) return createReadStream(this.#file(key));
    const { start, end = found.bytes - 1 } = range;
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start > end || end >= found.bytes) {
      throw new PlatformError('BLOB_RANGE_INVALID', `the range lies outside of the blob's ${found.bytes} bytes`);
    }
    return createReadStream(this.#file(key), { start, end });
  }

  async stat(key: string): Promise<BlobStat | null> {
    try {
      const found = await stat(this.#file(key));
      return found.isFile() ? { bytes: found.size, storedAt: found.mtimeMs } : null;
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  async delete(key: string): Promise<boolean> {
    try {
      await unlink(this.#file(key));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const root = join(this.folder, STORED);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    for (const entry of entries) {
      const key = join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/');
      if (entry.isFile() && key.startsWith(prefix)) yield key;
    }
  }

  async check(): Promise<void> {
    const probe = join(this.folder, UNFINISHED, randomUUID());
    await mkdir(dirname(probe), { recursive: true, mode: 0o700 });
    const handle = await open(probe, 'wx', 0o600);
    await handle.close();
    await unlink(probe);
  }

  /** The file of a key; a key never leaves the folder, as no segment is `.` or `..` or holds a separator. */
  #file(key: string): string {
    const segments = key.split('/');
    if (segments.length > SEGMENTS_MAX || !segments.every((segment) => SEGMENT.test(segment))) {
      throw new PlatformError(
        'BLOB_KEY_INVALID',
        `a blob key is 1 to ${SEGMENTS_MAX} segments of a-z 0-9 . _ - joined by "/", each beginning with a letter or digit`,
      );
    }
    return join(this.folder, STORED, ...segments);
  }
}

async function writeDurably(file: string, content: Readable): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  // `flush` syncs before closing; a stream of a FileHandle would hold the handle open while close() waits for it.
  await pipeline(content, measure, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }));
  return { bytes, sha256: hash.digest() };
}

/** Makes a rename durable (POSIX: the directory is a file of its own); not supported on every platform. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isAbsent(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
