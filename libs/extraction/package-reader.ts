import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fromUtf8 } from '@aceso/kernel';
import { PACKAGE_FILES_MAX, SMALL_FILE_BYTES_MAX, UNLISTED_FILES } from './domain/package-layout';
import type { PackageReading } from './domain/verification';
import { ExtractionError } from './extraction.errors';

const NEWLINE = 0x0a;

/**
 * Measures every file of a package folder in one pass each. Links and other special files are reported as files that no
 * package holds; nothing is followed. Throws PACKAGE_MALFORMED when the folder holds more than any package.
 */
export async function readPackageFolder(folder: string): Promise<PackageReading> {
  const files = new Map<string, { bytes: number; sha256: string; rows: number }>();
  const texts = new Map<string, string>();
  for (const { name, regular } of await listFiles(folder)) {
    const path = join(folder, name);
    files.set(name, regular ? await measure(path) : { bytes: 0, sha256: '', rows: 0 });
    if (regular && UNLISTED_FILES.includes(name)) {
      const text = await readSmall(path);
      if (text !== undefined) texts.set(name, text);
    }
  }
  return { files, texts };
}

async function listFiles(folder: string): Promise<{ name: string; regular: boolean }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  if (entries.length > 2 * PACKAGE_FILES_MAX) {
    throw new ExtractionError('PACKAGE_MALFORMED', 'the folder holds more files than a package');
  }
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({
      name: relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'),
      regular: entry.isFile(),
    }));
}

async function measure(path: string): Promise<{ bytes: number; sha256: string; rows: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let rows = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) rows += 1;
  }
  return { bytes, sha256: hash.digest('hex'), rows };
}

/** The text of a small file; an empty text, which no check accepts, when it is too long or not UTF-8. */
async function readSmall(path: string): Promise<string> {
  if ((await stat(path)).size > SMALL_FILE_BYTES_MAX) return '';
  try {
    return fromUtf8(await readFile(path));
  } catch {
    return ''; // not UTF-8
  }
}
