import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_MS_MAX = 30_000;
const POLL_MS = 50;

/** True while a process with this id runs, whoever owns it. One that ended but was not reaped (in containers) does not run. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return statusFields(pid)[0] !== 'Z';
}

/** When a process began, in clock ticks since boot (proc(5): field 22 of stat); '' where there is no /proc. */
export function beginning(pid: number): string {
  return statusFields(pid)[19] ?? '';
}

/** Fields of /proc/<pid>/stat from the third, the state, on. */
function statusFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name in parentheses may hold spaces
  } catch {
    return [];
  }
}

/** Command line of a process, '' when it cannot be told. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    // No /proc on this system: ask ps.
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

/** The process id in `postmaster.pid` (first line) of a data folder. */
function recordedPid(data: string): number | undefined {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
  return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
}

/**
 * Ends a server that an earlier, killed run left behind on this data folder, and removes a stale `postmaster.pid`.
 * Returns true when a server was still running. A process that merely got the same number is left alone.
 */
export async function stopOrphan(data: string): Promise<boolean> {
  const pid = recordedPid(data);
  if (pid === undefined) return false;
  if (isAlive(pid) && commandLine(pid).includes(resolve(data))) {
    await stopServer(pid);
    return true;
  }
  rmSync(join(data, 'postmaster.pid'), { force: true });
  return false;
}

/** PostgreSQL, "Shutting Down the Server": SIGINT is fast shutdown, SIGQUIT immediate (recovers at the next start). */
export async function stopServer(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!isAlive(pid)) return;
    signalIfAlive(pid, signal);
    if (await endsWithin(pid, STOP_MS_MAX)) return;
  }
  throw new Error(`PostgreSQL (process ${pid}) does not stop`);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True once the process is gone. */
export async function endsWithin(pid: number, milliseconds: number): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += POLL_MS) {
    if (!isAlive(pid)) return true;
    await sleep(POLL_MS);
  }
  return !isAlive(pid);
}
