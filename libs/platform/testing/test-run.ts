import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Makes the folder of this run and clears away what killed runs left behind. For jest's globalSetup. */
export async function beginTestRun(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (name.startsWith(PREFIX) && isAbandoned(folder)) await clear(folder);
  }
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(folder, OWNER_FILE), String(process.pid));
  environment()[VARIABLE] = folder;
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
