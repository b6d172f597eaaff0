import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { extract, pack } from 'tar-stream';
import { isPackageName, PACKAGE_FILES_MAX } from './domain/package-layout';
import { ExtractionError } from './extraction.errors';

/** One file on its way into an archive: its exact size, and how to read it when its turn comes. */
export interface ArchiveFile {
  readonly name: string;
  readonly bytes: number;
  open(): Readable | Promise<Readable>;
}

/** Nothing in the archive tells when or where it was made. */
const NEUTRAL = { mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', type: 'file' } as const;

/** One tar stream of the files, ordered by name: equal files give equal bytes. Reads one file at a time. */
export function packArchive(files: readonly ArchiveFile[]): Readable {
  const archive = pack();
  const write = async (): Promise<void> => {
    for (const file of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      await pipeline(await file.open(), archive.entry({ ...NEUTRAL, name: file.name, size: file.bytes }));
    }
    archive.finalize();
  };
  write().catch((error: Error) => archive.destroy(error));
  return Readable.from(archive);
}

/** Encrypts a stream to age recipients (`age1…`, age-encryption.org/v1), 64 KiB at a time. */
export async function encryptTo(recipients: readonly string[], plaintext: Readable): Promise<Readable> {
  const encrypter = new Encrypter();
  recipients.forEach((recipient) => encrypter.addRecipient(recipient));
  const encrypted = await encrypter.encrypt(Readable.toWeb(plaintext) as globalThis.ReadableStream<Uint8Array>);
  return Readable.fromWeb(encrypted as ReadableStream);
}

/** Identities of an age key file: one `AGE-SECRET-KEY-…` a line, `#` starts a comment. */
export function parseIdentities(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/**
 * Opens `package.age` into a folder. The whole file is decrypted, and so authenticated to its last chunk, before one
 * byte of the archive in it is parsed. Throws PACKAGE_NOT_DECRYPTED or PACKAGE_MALFORMED.
 */
export async function openPackage(options: {
  readonly encryptedPath: string;
  readonly identities: readonly string[];
  /** An empty folder of the caller's that others may not read. */
  readonly workFolder: string;
}): Promise<string> {
  const archivePath = join(options.workFolder, 'package.tar');
  const folder = join(options.workFolder, 'package');
  const plaintext = await decryptedStream(options.encryptedPath, options.identities);
  try {
    await pipeline(plaintext, createWriteStream(archivePath, { mode: 0o600, flags: 'wx' }));
  } catch (cause) {
    throw notDecrypted(cause);
  }
  await unpackArchive(archivePath, folder);
  return folder;
}

/** What is in an encrypted file; it fails where a byte of it was changed. Throws PACKAGE_NOT_DECRYPTED when no identity opens it. */
export async function decryptedStream(path: string, identities: readonly string[]): Promise<Readable> {
  try {
    const decrypter = new Decrypter();
    identities.forEach((identity) => decrypter.addIdentity(identity));
    const source = Readable.toWeb(createReadStream(path)) as globalThis.ReadableStream<Uint8Array>;
    return Readable.fromWeb((await decrypter.decrypt(source)) as ReadableStream);
  } catch (cause) {
    throw notDecrypted(cause);
  }
}

function notDecrypted(cause: unknown): ExtractionError {
  return new ExtractionError('PACKAGE_NOT_DECRYPTED', 'no identity opens the file, or the file was changed', { cause });
}

/**
 * Unpacks an archive into a folder that does not exist yet. Only plain files with names of the package layout are
 * written, so no entry can leave the folder; a tar is not compressed, so its own size bounds what is written.
 */
export async function unpackArchive(archivePath: string, folder: string): Promise<void> {
  const entries = extract();
  const seen = new Set<string>();
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  const unpack = async (): Promise<void> => {
    for await (const entry of entries) {
      const { name, type } = entry.header;
      if (type !== 'file' || !isPackageName(name) || seen.has(name) || seen.size >= PACKAGE_FILES_MAX) {
        throw new ExtractionError('PACKAGE_MALFORMED', 'the archive holds an entry that no package holds');
      }
      seen.add(name);
      const target = join(folder, name);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await pipeline(entry, createWriteStream(target, { mode: 0o600, flags: 'wx' }));
    }
  };
  try {
    await Promise.all([pipeline(createReadStream(archivePath), entries), unpack()]);
  } catch (cause) {
    if (cause instanceof ExtractionError) throw cause;
    throw new ExtractionError('PACKAGE_MALFORMED', 'the archive is damaged', { cause });
  }
}
