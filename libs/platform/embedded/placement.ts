import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PlatformError } from '../platform.errors';
import type { Account } from './account';
import type { Binaries } from './binaries';

/** Where the binaries and the data of one instance lie. */
export interface Placement {
  readonly native: string;
  readonly data: string;
  /** Set when the data could not lie in the home, as the server's account may not enter there. */
  readonly moved: boolean;
}

export interface PlacementRequest {
  readonly home: string;
  readonly binaries: Binaries;
  /** Undefined when the server runs as the present user. */
  readonly account: Account | undefined;
  /** Random name of the instance, for a place that instances share. */
  readonly instance: string;
}

/** For hosts where the home lies in a folder that others may not enter. */
const SHARED_ROOT = '/var/lib/aceso';

/** True when the account may pass through every existing folder down to `path`, by mode bits. */
export function canReach(account: Account, path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder);
      const shift = uid === account.uid ? 6 : gid === account.gid ? 3 : 0;
      if (((mode >> shift) & 0o1) === 0) return false;
    }
    if (folder === dirname(folder)) return true;
  }
}

/** Where an instance's data lie when they cannot lie in its home. */
export function sharedData(instance: string): string {
  return join(SHARED_ROOT, instance, 'postgres');
}

/** Decides where the files lie. Data stay where the first start put them, whatever the folders' modes are by now. */
export function place({ home, binaries, account, instance }: PlacementRequest): Placement {
  const own = join(home, 'postgres');
  const shared = sharedData(instance);
  const native =
    !account || canReach(account, binaries.folder) ? binaries.folder : join(SHARED_ROOT, `native-${binaries.version}`);
  if (account && existsSync(shared)) return { native, data: shared, moved: true };
  if (!account || canReach(account, home)) return { native, data: own, moved: false };
  if (!existsSync(own)) return { native, data: shared, moved: true };
  throw new PlatformError(
    'EMBEDDED_POSTGRES_FAILED',
    `PostgreSQL runs as ${account.name}, who may no longer enter its data folder ${own}: let others pass (chmod o+x) the folders above`,
  );
}
