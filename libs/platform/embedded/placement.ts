import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Account } from './account';
import type { Binaries } from './binaries';

/** Where the binaries and the data of one home lie. */
export interface Placement {
  readonly native: string;
  readonly data: string;
  /** Set when the home or the project could not be reached by the server's account. */
  readonly moved: boolean;
}

/** Fallback on hosts where the home lies in a folder that others may not enter. */
const SHARED_ROOT = '/var/lib/aceso';

/** True when the account may pass through every folder down to `path`, by mode bits. */
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

/** Decides where the server's files lie; `account` is undefined when it runs as the present user. */
export function place(home: string, { folder: native, version }: Binaries, account: Account | undefined): Placement {
  const data = join(home, 'postgres');
  if (!account || (canReach(account, home) && canReach(account, native))) return { native, data, moved: false };
  const name = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const shared = join(SHARED_ROOT, name);
  return {
    native: canReach(account, native) ? native : join(SHARED_ROOT, `native-${version}`),
    data: canReach(account, home) ? data : join(shared, 'postgres'),
    moved: true,
  };
}
