import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { PlatformError } from '../platform.errors';

export const KEY_FILE_BYTES = 32;
/** Longest private file: far more than any key in text form. */
const PRIVATE_FILE_BYTES_MAX = 16_384;
/** Any permission of group or others. */
const OTHERS_MASK = 0o077;

/**
 * Reads a key of 32 bytes. Refuses with KEY_MISSING, KEY_READABLE_BY_OTHERS or KEY_WRONG_SIZE; `name` is what the
 * message calls it, as paths of the host do not belong into logs.
 */
export function readKeyFile(file: string, name: string): Uint8Array {
  const key = readPrivateFile(file, name);
  if (key.length !== KEY_FILE_BYTES) {
    throw new PlatformError(
      'KEY_WRONG_SIZE',
      `the key file ${name} has ${key.length} bytes, expected ${KEY_FILE_BYTES}`,
    );
  }
  return key;
}

/** Reads a small file that only its owner may read. Refuses with KEY_MISSING, KEY_READABLE_BY_OTHERS or KEY_WRONG_SIZE. */
export function readPrivateFile(file: string, name: string): Uint8Array {
  const descriptor = openKey(file, name);
  try {
    const { mode, size } = fstatSync(descriptor);
    if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
      throw new PlatformError(
        'KEY_READABLE_BY_OTHERS',
        `the key file ${name} has mode ${(mode & 0o777).toString(8)}: others can read it. Replace the key if they did, then chmod 600`,
      );
    }
    if (size > PRIVATE_FILE_BYTES_MAX) {
      throw new PlatformError('KEY_WRONG_SIZE', `the key file ${name} has ${size} bytes: that is no key`);
    }
    const content = Buffer.alloc(size);
    return content.subarray(0, readSync(descriptor, content, 0, size, 0));
  } finally {
    closeSync(descriptor);
  }
}

function openKey(file: string, name: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new PlatformError(
      'KEY_MISSING',
      `the key file ${name} is missing or not readable by this process: restore it from the key backup`,
      { cause },
    );
  }
}

/** Creates a fresh random key of mode 0600 and makes it durable; false when the file was there already. */
export function createKeyFile(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    write(file, 'wx', randomBytes(KEY_FILE_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  return true;
}

/** Puts a key that was made of another one into its file, whole or not at all. */
export function writeKeyFile(file: string, key: Uint8Array): void {
  write(`${file}.part`, 'w', key);
  renameSync(`${file}.part`, file);
}

/** Writes a small private file beside the keys, whole or not at all; after the return it survives a power cut. */
export function writePrivateFile(file: string, content: Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeKeyFile(file, content);
  syncFolder(dirname(file));
}

/**
 * Overwrites a key with random bytes and removes its file; one that is gone is left so. What a file system or a disk keeps of
 * overwritten blocks is out of reach of a program: the operator encrypts the disk.
 */
export function destroyKeyFile(file: string): void {
  if (!existsSync(file)) return;
  write(file, 'r+', randomBytes(KEY_FILE_BYTES));
  unlinkSync(file);
  syncFolder(dirname(file));
}

/** Makes names that were added to or removed from a folder durable. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function write(file: string, flag: 'w' | 'wx' | 'r+', key: Uint8Array): void {
  const descriptor = openSync(file, flag, 0o600);
  try {
    chmodSync(file, 0o600); // whatever the umask says
    writeSync(descriptor, key);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
