import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginning, isAlive } from '../embedded/postmaster';
import { PlatformError } from '../platform.errors';

/** One launcher a home: two would start two servers on one data folder. */
export interface HomeLock {
  /** The last launcher was killed: its services may just be ending. */
  readonly wasStale: boolean;
  release(): void;
}

/** Long enough for a rival that also found the stale lock to have replaced ours. */
const SETTLE_MS = 60;

interface Holder {
  readonly pid: number;
  /** When the process began, in the system's own words: a reused process id does not count as the holder. */
  readonly began: string;
}

/** Takes the lock of a home; HOME_IN_USE names the process that has it, HOME_NOT_WRITABLE says so. */
export async function lockHome(home: string): Promise<HomeLock> {
  const file = join(home, 'serve.lock');
  const own: Holder = { pid: process.pid, began: beginning(process.pid) };
  makeHome(home);
  const wasStale = !create(file, own);
  if (wasStale) {
    const holder = readHolder(file);
    if (holder && isAlive(holder.pid) && beginning(holder.pid) === holder.began) throw inUse(holder.pid);
    rmSync(file, { force: true }); // its process was killed
    if (!create(file, own)) throw inUse(readHolder(file)?.pid);
    await sleep(SETTLE_MS);
    const now = readHolder(file);
    if (now?.pid !== own.pid) throw inUse(now?.pid);
  }
  return {
    wasStale,
    release() {
      if (readHolder(file)?.pid === own.pid) rmSync(file, { force: true });
    },
  };
}

function inUse(pid: number | undefined): PlatformError {
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  return new PlatformError(
    'HOME_IN_USE',
    `${who} already serves this home folder: stop it, or choose another folder with ACESO_HOME=…`,
  );
}

function makeHome(home: string): void {
  try {
    // Others may pass through but list nothing: keys, secrets and blobs lie in folders of mode 0700.
    mkdirSync(home, { recursive: true, mode: 0o711 });
  } catch (cause) {
    throw notWritable(home, cause);
  }
}

function notWritable(home: string, cause: unknown): PlatformError {
  return new PlatformError(
    'HOME_NOT_WRITABLE',
    `the home folder ${home} cannot be written by this user: choose another with ACESO_HOME=…`,
    { cause },
  );
}

function create(file: string, holder: Holder): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw notWritable(join(file, '..'), error);
  }
  writeSync(descriptor, JSON.stringify(holder));
  closeSync(descriptor);
  return true;
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined; // gone, or killed while it was written
  }
}
