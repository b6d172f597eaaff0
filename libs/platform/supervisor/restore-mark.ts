import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../platform.errors';

const fileIn = (home: string): string => join(home, 'restore.unfinished');

/** Marks a home as being restored: nothing serves it until {@link unmarkRestore}. HOME_IN_USE unless it is empty or missing. */
export function markRestore(home: string): void {
  if (existsSync(home) && readdirSync(home).length > 0) {
    throw new PlatformError(
      'HOME_IN_USE',
      'a restore fills an empty home folder: choose another one with ACESO_HOME=…',
    );
  }
  mkdirSync(home, { recursive: true, mode: 0o711 }); // the database server's account passes through
  writeFileSync(fileIn(home), 'a restore was begun here\n', { mode: 0o600 });
}

/** The restore is whole. */
export function unmarkRestore(home: string): void {
  rmSync(fileIn(home));
}

/** RESTORE_UNFINISHED where a restore was killed: half an instance would begin a second history under its keys. */
export function refuseUnfinishedRestore(home: string): void {
  if (!existsSync(fileIn(home))) return;
  throw new PlatformError(
    'RESTORE_UNFINISHED',
    'a restore into this home did not end: remove the folder and restore again',
  );
}
