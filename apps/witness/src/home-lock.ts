import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WitnessError } from './witness.errors';

const LOCK_FILE = 'witness.lock';
/** A predecessor that was told to end is waited for as long as this. */
const TRIES = 20;
const PAUSE_MS = 250;
/** Long enough for a rival that also found the stale lock to have replaced ours. */
const SETTLE_MS = 60;

/**
 * One process a home: two could each compare with the same state and so cosign two histories. Returns what frees it.
 * Throws WITNESS_HOME_IN_USE.
 */
export async function lockHome(home: string): Promise<() => Promise<void>> {
  const file = join(home, LOCK_FILE);
  const own = await identity(process.pid);
  for (let tries = TRIES; !(await take(file, own)); tries -= 1) {
    if (tries <= 1) throw new WitnessError('WITNESS_HOME_IN_USE', 'another process witnesses with this home');
    await sleep(PAUSE_MS);
  }
  return async () => {
    if ((await holderOf(file)) === own) await rm(file, { force: true });
  };
}

async function take(file: string, own: string): Promise<boolean> {
  if (await create(file, own)) return true;
  const holder = await holderOf(file);
  const pid = Number(holder.split(' ', 1)[0]);
  // A process id that is used again belongs to a process that began at another time.
  if (Number.isSafeInteger(pid) && pid > 0 && (await identity(pid)) === holder) return false;
  await rm(file, { force: true }); // its process was killed
  if (!(await create(file, own))) return false;
  await sleep(SETTLE_MS);
  return (await holderOf(file)) === own;
}

/** Another name for a file that is complete: the lock appears with its holder in it, or not at all. */
async function create(file: string, own: string): Promise<boolean> {
  const part = `${file}.${process.pid}`;
  await writeFile(part, own, { mode: 0o600 });
  try {
    await link(part, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}

async function holderOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/** A process and when it began (proc(5): field 22 of stat, where there is /proc); '' when it does not run. */
async function identity(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return '';
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '' : `${pid} ${fields[19] ?? ''}`;
}
