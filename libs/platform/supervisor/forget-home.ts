import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { instanceOf } from '../embedded/embedded-postgres';
import { sharedData } from '../embedded/placement';
import { stopOrphan } from '../embedded/postmaster';
import { lockHome } from './home-lock';

/**
 * Removes a home folder with everything that belongs to it: a database that lies elsewhere, a server that a killed launcher
 * left running. HOME_IN_USE when it is being served. For homes whose content nobody wants back, like those of demos.
 */
export async function forgetHome(home: string): Promise<void> {
  if (!existsSync(home)) return;
  await lockHome(home); // the lock goes with the folder
  const instance = instanceOf(home);
  const moved = instance === undefined ? undefined : sharedData(instance);
  for (const data of [join(home, 'postgres'), moved]) {
    if (data !== undefined && existsSync(data)) await stopOrphan(data);
  }
  if (moved !== undefined) rmSync(dirname(moved), { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}
