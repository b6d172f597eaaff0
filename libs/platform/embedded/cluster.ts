import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlatformError } from '../platform.errors';
import type { Account } from './account';
import { copyBinaries, linkLibraries } from './binaries';
import { place, type Placement, type PlacementRequest } from './placement';

/** The bootstrap superuser: owner of every table. Only the launcher knows its password. */
export const OWNER = 'aceso_owner';

/** Makes the folders of an instance and puts the binaries where the server's account reaches them. */
export function prepareFolders(request: PlacementRequest, notice: (text: string) => void): Placement {
  const { home, binaries, account } = request;
  // Others may pass through the home but list nothing: keys, secrets and blobs lie in folders of mode 0700.
  mkdirSync(home, { recursive: true, mode: 0o711 });
  mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 });
  const placement = place(request);
  const linked = linkLibraries(binaries.folder);
  // Somebody else's installation without the links: work with a copy.
  const native = linked || account ? placement.native : join(home, `native-${binaries.version}`);
  if (native !== binaries.folder) {
    copyBinaries(binaries.folder, native);
    linkLibraries(native);
  }
  if (placement.moved) {
    notice(`PostgreSQL runs as ${account?.name} and keeps its data outside of the home folder, in ${placement.data}`);
  }
  return { ...placement, native };
}

/**
 * Who the server runs as: the owner of its data where there is one (the first start may have been another user's), else
 * `account`. PostgreSQL insists on owning its data folder.
 */
export function ownerOfData(data: string, account: Account | undefined): Account | undefined {
  if (!account || !existsSync(data)) return account;
  const { uid, gid } = statSync(data);
  return uid === 0 || uid === account.uid ? account : { name: `number ${uid}`, uid, gid };
}

/** Makes the data folder unless it exists: initdb works beside it and a rename finishes, so no half-made cluster is ever met. */
export async function createCluster(
  placement: Placement,
  account: Account | undefined,
  password: string,
): Promise<void> {
  const { data, native } = placement;
  if (existsSync(data)) return;
  const unfinished = `${data}.unfinished`;
  const passwordFile = `${data}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(dirname(data), { recursive: true, mode: 0o711 });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  try {
    if (account) for (const path of [unfinished, passwordFile]) chownSync(path, account.uid, account.gid);
    await run(join(native, 'bin', 'initdb'), initdbArguments(unfinished, passwordFile), account);
    renameSync(unfinished, data);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Refuses data of another major version: PostgreSQL would not start, and says so only in its log. */
export function checkVersion(data: string, version: string): void {
  const file = join(data, 'PG_VERSION');
  const found = existsSync(file) ? readFileSync(file, 'utf8').trim() : 'an unknown version';
  const expected = version.split('.')[0];
  if (found === expected) return;
  throw new PlatformError(
    'EMBEDDED_POSTGRES_FAILED',
    `the data folder is of PostgreSQL ${found}, this release brings ${expected}: dump it with the earlier release and restore`,
  );
}

function initdbArguments(data: string, passwordFile: string): string[] {
  return [
    `--pgdata=${data}`,
    `--username=${OWNER}`,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--locale=C',
    '--encoding=UTF8',
    '--no-sync', // the first start's data is nothing yet; fsync is on while the server runs
    '--no-instructions',
  ];
}

function run(program: string, args: readonly string[], account: Account | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
      env: serverEnvironment(),
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-2000)));
    child.on('error', (cause) => reject(unavailable(cause)));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new PlatformError('EMBEDDED_POSTGRES_FAILED', `initdb ended with code ${code}: ${said.trim()}`));
    });
  });
}

/** The error of a binary that could not even be started. */
export function unavailable(cause: Error): PlatformError {
  return new PlatformError(
    'EMBEDDED_POSTGRES_UNAVAILABLE',
    `the embedded PostgreSQL cannot be started (${(cause as NodeJS.ErrnoException).code ?? cause.name}): set DATABASE_URL to a server of your own`,
    { cause },
  );
}

/** PostgreSQL inherits nothing of ours: no secrets, no PG* variables, no locale. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}
