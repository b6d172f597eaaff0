import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../config/environment';
import { isAlive, stopOrphan } from '../embedded/postmaster';

/** Folder of one `jest` run, shared by its workers: the server's home, and what they tell each other. */
const VARIABLE = 'ACESO_TEST_RUN';
const PREFIX = 'aceso-test-';
const OWNER_FILE = 'run.pid';
/** Holds the path of the server's data folder, which lies elsewhere when others may not enter the run's folder. */
const DATA_FILE = 'server.data';

/** Linux keeps what lies here in memory. */
const MEMORY = '/dev/shm';
/** What a run's databases and folders take at once, with room to spare: 0.3 GB was seen with three workers. */
const MEMORY_BYTES_MIN = 4 * 1024 ** 3;

/**
 * Makes the folder of this run and clears away what killed runs left behind. What tests put into `tmpdir()` lies in it too. For jest's
 * globalSetup.
 */
export async function beginTestRun(): Promise<void> {
  const inMemory = memoryFolder();
  for (const root of new Set([tmpdir(), inMemory ?? tmpdir()])) {
    for (const name of readdirSync(root)) {
      const folder = join(root, name);
      if (name.startsWith(PREFIX) && isAbandoned(folder)) await clear(folder);
    }
  }
  const folder = mkdtempSync(join(inMemory ?? tmpdir(), PREFIX));
  writeFileSync(join(folder, OWNER_FILE), String(process.pid));
  environment()[VARIABLE] = folder;
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  for (const passed of [folder, temporary]) chmodSync(passed, 0o711); // the database servers' account passes through
  environment().TMPDIR = temporary;
}

/**
 * A folder in memory with room for a run, from which programs may be started; undefined where there is none. A database is a thousand files,
 * and ext4 looks through all that were deleted within seconds before it makes one: on a disk a fresh database costs ten times as much.
 */
function memoryFolder(): string | undefined {
  if (!existsSync('/proc/self/mounts')) return undefined;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const [, , type, options] = mounts.map((line) => line.split(' ')).find(([, at]) => at === MEMORY) ?? [];
  if (type !== 'tmpfs' || !options?.startsWith('rw') || options.split(',').includes('noexec')) return undefined;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= MEMORY_BYTES_MIN ? MEMORY : undefined;
}

/** Stops the server of this run, if a test started one, and removes the folder. For jest's globalTeardown. */
export async function endTestRun(): Promise<void> {
  await clear(testRunFolder());
}

/** The folder of the present run. */
export function testRunFolder(): string {
  const folder = environment()[VARIABLE];
  if (folder === undefined)
    throw new Error('start the tests through jest.config.cjs: its globalSetup makes the folder');
  return folder;
}

/** The home of the run's server. */
export function testServerHome(folder: string): string {
  return join(folder, 'server');
}

/** Notes where the run's server keeps its data, for the end of the run. */
export function noteServerData(data: string): void {
  writeFileSync(join(testRunFolder(), DATA_FILE), data);
}

function isAbandoned(folder: string): boolean {
  const file = join(folder, OWNER_FILE);
  return existsSync(file) && !isAlive(Number(readFileSync(file, 'utf8')));
}

async function clear(folder: string): Promise<void> {
  const file = join(folder, DATA_FILE);
  const data = existsSync(file) ? readFileSync(file, 'utf8') : join(testServerHome(folder), 'postgres');
  await stopOrphan(data);
  rmSync(data, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
