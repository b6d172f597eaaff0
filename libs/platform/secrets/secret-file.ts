import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { PlatformError } from '../platform.errors';

/** Writes a JSON document of mode 0600 in a folder of mode 0700, whole or not at all. */
export function writeSecret(file: string, secret: object): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}`;
  const descriptor = openSync(unfinished, 'w', 0o600);
  try {
    writeSync(descriptor, `${JSON.stringify(secret)}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(unfinished, file);
}

/** Reads a secret document, undefined when there is none; DATABASE_SECRETS_MISSING when others may read it or it is damaged. */
export function readSecret<Secret>(file: string): Secret | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    if (process.platform !== 'win32' && (fstatSync(descriptor).mode & 0o077) !== 0) {
      throw new PlatformError('DATABASE_SECRETS_MISSING', `${basename(file)} is readable by others: chmod 600`);
    }
    return JSON.parse(readFileSync(descriptor, 'utf8')) as Secret;
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause;
    throw new PlatformError('DATABASE_SECRETS_MISSING', `${basename(file)} is damaged`, { cause });
  } finally {
    closeSync(descriptor);
  }
}
